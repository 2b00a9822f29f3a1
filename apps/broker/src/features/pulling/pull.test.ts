import { newId } from '@carteiro/database/new-id'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import type { PulledOutcome } from './courier.ts'
import { startPulling } from './pull.ts'
import { type PulledMessage, PulledMessages } from './pulled-messages.ts'
import { startTestGateway } from './test-gateway.ts'

const logger = createLogger('test', 'silent')
const SENT = (message: PulledMessage): PulledOutcome => ({
  kind: 'sent',
  externalId: `3EB0${message.messageId}`,
})
const failedWith = (retriable: boolean): PulledOutcome => ({
  ...{ kind: 'failed', code: 'BROKER_ERROR', message: 'broken', retriable },
})

/** A pulling broker whose WhatsApp is `send`, with its database and its gateway. */
async function start(
  t: Test,
  send: (message: PulledMessage, attempt: number) => PulledOutcome | Promise<PulledOutcome>,
) {
  const connection = await createTestDatabase(t)
  const { db } = connection
  const gateway = await startTestGateway(t)
  const sends: PulledMessage[] = []
  const instances = ['phone']
  const config = {
    ...{
      BROKER_MODE: 'pull' as const,
      GATEWAY_API_BASE_URL: gateway.url,
      GATEWAY_API_KEY: 'key of the gateway',
    },
    ...{ HEARTBEAT_TIMEOUT_MS: 300, HEARTBEAT_CHECK_INTERVAL_MS: 50, DISPATCH_CONCURRENCY: 4 },
    ...{ MAX_RETRY_ATTEMPTS: 3, INITIAL_RETRY_DELAY_MS: 5, MAX_RETRY_DELAY_MS: 20 },
  }
  const beating = setInterval(() => isBeating && gateway.heartbeat(), 20)
  t.teardown(() => clearInterval(beating))
  let isBeating = true

  const run = () => {
    const lifecycle = createLifecycle(logger)
    t.teardown(() => lifecycle.stop())
    startPulling({
      ...{ config, connection, registry: createRegistry(), logger, lifecycle },
      instances: async () => [...instances],
      send: async (message) => {
        sends.push(message)
        const outcome = await send(
          message,
          sends.filter(({ messageId }) => messageId === message.messageId).length,
        )
        return outcome
      },
    })
    return lifecycle
  }
  const lifecycle = run()
  await gateway.until(() => gateway.streams.size === 1)
  const stateOf = (messageId: string) =>
    db
      .selectFrom('broker.gateway_message')
      .select(['state', 'attempts', 'external_id', 'report_pending', 'error_code', 'message'])
      .where('message_id', '=', messageId)
      .executeTakeFirst()
  return {
    ...{ db, gateway, sends, instances, lifecycle, run, stateOf },
    silence: (is: boolean) => {
      isBeating = !is
    },
    /** Resolves when the message was reported so. */
    told: (messageId: string, act: string) => gateway.until(() => gateway.actsOf(messageId).includes(act)),
  }
}

/** A condition of the database that nothing tells of. */
async function holds(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
}

t.test('a message is acknowledged, then sent, then confirmed, and remembered', async (t) => {
  const { gateway, told, stateOf, sends } = await start(t, SENT)
  const id = newId()
  gateway.offer(5, id)
  await told(id, 'confirm')
  t.same(gateway.actsOf(id), ['ack', 'confirm'])
  t.match(gateway.reports.at(-1)?.body, { externalId: `3EB0${id}` })
  t.match(sends, [{ messageId: id, idempotencyKey: id, message: { type: 'text', message: 'text 5' } }])
  await holds(async () => (await stateOf(id))?.report_pending === false)
  t.match(await stateOf(id), { state: 'sent', external_id: `3EB0${id}`, message: null })
})

t.test('the same offer again is confirmed again, and sent once', async (t) => {
  const { gateway, told, sends } = await start(t, SENT)
  const id = newId()
  gateway.offer(5, id)
  await told(id, 'confirm')
  gateway.offer(6, id)
  gateway.offer(6, id)
  await gateway.until(() => gateway.actsOf(id).filter((act) => act === 'confirm').length >= 2)
  t.equal(sends.length, 1)
})

t.test('a stream that falls silent is opened again after the last event that is kept', async (t) => {
  const { gateway, told, silence } = await start(t, SENT)
  const id = newId()
  gateway.offer(41, id)
  await told(id, 'confirm')
  const opened = gateway.lastEventIds.length
  silence(true)
  await gateway.until(() => gateway.lastEventIds.length > opened)
  silence(false)
  t.equal(gateway.lastEventIds.at(-1), '41')
  t.equal(gateway.lastEventIds[0], undefined)
})

t.test('a process that starts anew goes on after the last event that the one before it kept', async (t) => {
  const { gateway, told, lifecycle, run } = await start(t, SENT)
  const id = newId()
  gateway.offer(77, id)
  await told(id, 'confirm')
  await lifecycle.stop()
  const opened = gateway.lastEventIds.length
  run()
  await gateway.until(() => gateway.lastEventIds.length > opened)
  t.equal(gateway.lastEventIds.at(-1), '77')
})

t.test('a stream that is cut is opened again, and nothing is lost', async (t) => {
  const { gateway, told, sends } = await start(t, SENT)
  const ids = [newId(), newId(), newId()]
  for (const [n, id] of ids.entries()) {
    await gateway.until(() => gateway.streams.size === 1)
    gateway.offer(10 + n, id, { to: `+551195555000${n}` })
    await told(id, 'confirm')
    const opened = gateway.lastEventIds.length
    gateway.cut()
    await gateway.until(() => gateway.lastEventIds.length > opened)
    t.equal(gateway.lastEventIds.at(-1), String(10 + n))
  }
  t.same(
    sends.map(({ messageId }) => messageId),
    ids,
  )
})

t.test('what passes is tried again, three times at most; what does not is told at once', async (t) => {
  const passing = newId()
  const permanent = newId()
  const hopeless = newId()
  const { gateway, told, sends, stateOf } = await start(t, (message, attempt) => {
    if (message.messageId === permanent) return failedWith(false)
    if (message.messageId === hopeless || attempt < 3) return failedWith(true)
    return SENT(message)
  })
  gateway.offer(1, passing)
  gateway.offer(2, permanent, { to: '+5511955550002' })
  gateway.offer(3, hopeless, { to: '+5511955550003' })
  await Promise.all([told(passing, 'confirm'), told(permanent, 'fail'), told(hopeless, 'fail')])
  const triesOf = (id: string) => sends.filter(({ messageId }) => messageId === id).length
  t.same([triesOf(passing), triesOf(permanent), triesOf(hopeless)], [3, 1, 3])
  const failOf = (id: string) =>
    gateway.reports.find(({ messageId, act }) => messageId === id && act === 'fail')?.body
  t.match(failOf(permanent), { code: 'BROKER_ERROR', reason: 'broken', retriable: false })
  t.match(failOf(hopeless), { retriable: true })
  t.match(await stateOf(hopeless), { state: 'failed', attempts: 3 })
  gateway.offer(4, hopeless, { to: '+5511955550003' })
  await gateway.until(() => gateway.actsOf(hopeless).filter((act) => act === 'fail').length === 2)
  t.equal(triesOf(hopeless), 6, 'offered again, it is tried anew')
})

t.test('a message stands where it is, in one of six states', async (t) => {
  const [passing, permanent] = [newId(), newId()]
  const { db, gateway, told } = await start(t, (message, attempt) => {
    if (message.messageId === permanent) return failedWith(false)
    return attempt < 2 ? failedWith(true) : SENT(message)
  })
  await sql`
    create table seen (number serial, message_id text, state text);
    create function see() returns trigger language plpgsql as $$ begin
      if tg_op = 'INSERT' or new.state <> old.state then
        insert into public.seen (message_id, state) values (new.message_id, new.state);
      end if;
      return new;
    end $$;
    create trigger see after insert or update on broker.gateway_message for each row execute function see()`.execute(
    db,
  )
  const statesOf = async (id: string) =>
    (
      await sql<{ state: string }>`select state from seen where message_id = ${id} order by number`.execute(
        db,
      )
    ).rows.map(({ state }) => state)
  gateway.offer(1, passing)
  gateway.offer(2, permanent, { to: '+5511955550002' })
  await Promise.all([told(passing, 'confirm'), told(permanent, 'fail')])
  t.same(await statesOf(passing), ['pending', 'delivered', 'sending', 'retry', 'sending', 'sent'])
  t.same(await statesOf(permanent), ['pending', 'delivered', 'sending', 'failed'])
})

t.test('no more messages are sent at once than DISPATCH_CONCURRENCY allows', async (t) => {
  let [underWay, most] = [0, 0]
  const held: (() => void)[] = []
  const { gateway, told } = await start(t, async (message) => {
    underWay++
    most = Math.max(most, underWay)
    // The first four wait for one another: none could, if fewer went at once.
    if (held.length < 4) {
      const four = new Promise<void>((resolve) => held.push(resolve))
      if (held.length === 4) for (const release of held) release()
      await four
    }
    underWay--
    return SENT(message)
  })
  const ids = Array.from({ length: 12 }, newId)
  for (const [n, id] of ids.entries()) gateway.offer(n + 1, id, { to: `+55119555600${n + 10}` })
  await Promise.all(ids.map((id) => told(id, 'confirm')))
  t.equal(most, 4)
})

t.test('one recipient\u2019s messages go out in order, a failing one before the next', async (t) => {
  const [first, second, other] = [newId(), newId(), newId()]
  const { gateway, told, sends } = await start(t, (message, attempt) =>
    message.messageId === first && attempt < 3 ? failedWith(true) : SENT(message),
  )
  gateway.offer(1, first)
  gateway.offer(2, second)
  gateway.offer(3, other, { to: '+5511955550009' })
  await Promise.all([first, second, other].map((id) => told(id, 'confirm')))
  const order = sends.map(({ messageId }) => messageId).filter((id) => id !== other)
  t.same(order, [first, first, first, second])
})

t.test('nothing is sent before the gateway knows that it is here', async (t) => {
  const { gateway, told, sends, stateOf } = await start(t, SENT)
  let isAway = true
  gateway.answerWith(({ act }) => (act === 'ack' && isAway ? { status: 503 } : { status: 200 }))
  const id = newId()
  gateway.offer(1, id)
  await gateway.until(() => gateway.actsOf(id).length >= 3)
  t.same(sends, [])
  t.match(await stateOf(id), { state: 'pending', attempts: 0 })
  isAway = false
  await told(id, 'confirm')
  t.equal(sends.length, 1)
})

t.test('a message that the gateway has no more is forgotten, unsent', async (t) => {
  const { gateway, sends, stateOf, told } = await start(t, SENT)
  const [gone, next] = [newId(), newId()]
  const body = {
    error: {
      code: 'IMPOSSIBLE_TRANSITION',
      message: 'Over.',
      requestId: 'r',
      details: { reason: 'settled' },
    },
  }
  gateway.answerWith(({ messageId }) => (messageId === gone ? { status: 409, body } : { status: 200 }))
  gateway.offer(1, gone)
  await told(gone, 'ack')
  gateway.offer(2, next)
  await told(next, 'confirm')
  t.equal(await stateOf(gone), undefined)
  t.same(
    sends.map(({ messageId }) => messageId),
    [next],
  )
})

t.test(
  'a confirmation that could not be delivered is kept and repeated, also by the next process',
  async (t) => {
    const { gateway, sends, stateOf, lifecycle, run } = await start(t, SENT)
    let isAway = true
    gateway.answerWith(({ act }) => (act === 'confirm' && isAway ? 'nothing' : { status: 200 }))
    const id = newId()
    gateway.offer(1, id)
    await gateway.until(() => gateway.actsOf(id).includes('confirm'))
    t.match(await stateOf(id), { state: 'sent', report_pending: true })
    await lifecycle.stop()
    isAway = false
    run()
    await holds(async () => (await stateOf(id))?.report_pending === false)
    t.equal(sends.length, 1)
  },
)

t.test('a confirmation that needs an acknowledgement gets one', async (t) => {
  const { gateway, stateOf, told } = await start(t, SENT)
  const error = {
    code: 'IMPOSSIBLE_TRANSITION',
    message: 'Ack.',
    requestId: 'r',
    details: { reason: 'not_acked' },
  }
  gateway.answerWith(({ messageId, act }) => {
    const acks = gateway.actsOf(messageId).filter((one) => one === 'ack').length
    return act === 'confirm' && acks < 2 ? { status: 409, body: { error } } : { status: 200 }
  })
  const id = newId()
  gateway.offer(1, id)
  await told(id, 'confirm')
  await holds(async () => (await stateOf(id))?.report_pending === false)
  t.same(gateway.actsOf(id), ['ack', 'confirm', 'ack', 'confirm'])
})

t.test('what a process that died was sending goes out again under its key', async (t) => {
  const { db, sends, told, stateOf, lifecycle, run } = await start(t, SENT)
  const id = newId()
  await lifecycle.stop()
  await db
    .insertInto('broker.gateway_message')
    .values({
      ...{ idempotency_key: id, message_id: id, seq: 1 },
      ...{ instance_id: 'phone', recipient: '+5511955550001' },
      ...{ message: JSON.stringify({ type: 'text', message: 'hi' }), state: 'sending', attempts: 1 },
      acked_at: new Date(),
    })
    .execute()
  run()
  await told(id, 'confirm')
  t.match(sends, [{ idempotencyKey: id }])
  t.match(await stateOf(id), { attempts: 2 })
})

t.test('garbage on the stream is passed over, and a message that it cannot read is refused', async (t) => {
  const { gateway, told } = await start(t, SENT)
  const [id, unknown] = [newId(), newId()]
  gateway.write('id: 1\nevent: message\ndata: {"messageId":\n\n')
  gateway.write('id: x\nevent: message\ndata: {}\n\n')
  gateway.write(':\n\n\u0000garbage\n\nevent: other\ndata: 1\n\n')
  gateway.offer(2, unknown, { intent: 'hologram', to: '+5511955550002' })
  gateway.offer(3, id)
  await Promise.all([told(id, 'confirm'), told(unknown, 'fail')])
  const failed = gateway.reports.find(({ act, messageId }) => act === 'fail' && messageId === unknown)
  t.match(failed?.body, { code: 'UNSUPPORTED_OPERATION', retriable: false })
})

t.test('a gateway that was set back is followed from its beginning', async (t) => {
  const { gateway, told } = await start(t, SENT)
  const id = newId()
  gateway.offer(77, id)
  await told(id, 'confirm')
  gateway.refuseNext(409, { code: 'SEQ_NOT_REACHED' })
  gateway.cut()
  await gateway.until(() => gateway.lastEventIds.length >= 3)
  t.same(gateway.lastEventIds, [undefined, '77', undefined])
})

t.test('an instance that the gateway refuses does not keep the others from their messages', async (t) => {
  const { gateway, instances } = await start(t, SENT)
  gateway.refuseNext(404, { code: 'INSTANCE_NOT_FOUND', details: { instanceId: 'new' } })
  instances.push('new')
  await gateway.until(() => gateway.named.length >= 3 && gateway.streams.size === 1)
  t.match(gateway.named[1], 'instanceId=new&instanceId=phone')
  t.match(gateway.named[2], /instanceId=phone$/)
  t.notMatch(gateway.named[2], 'new')
})

t.test('processed keys are remembered for as many days as asked, and no longer', async (t) => {
  const { db, gateway, told, stateOf } = await start(t, SENT)
  const id = newId()
  gateway.offer(1, id)
  await told(id, 'confirm')
  await holds(async () => (await stateOf(id))?.report_pending === false)
  const messages = new PulledMessages(db, gateway.url)
  const aged = (days: number) =>
    sql`update broker.gateway_message set updated_at = now() - make_interval(days => ${days})`.execute(db)
  await aged(6)
  await messages.deleteOld(7)
  t.ok(await stateOf(id))
  await aged(8)
  await messages.deleteOld(7)
  t.notOk(await stateOf(id))
})
