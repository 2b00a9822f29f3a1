import { createInstance } from '@carteiro/domain/instances/create-instance'
import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import { claim } from '@carteiro/domain/outbox/claim'
import { readDue } from '@carteiro/domain/outbox/due'
import { PACE_OFF } from '@carteiro/domain/outbox/settings'
import { listen } from '@carteiro/runtime/http-server'
import { sql } from 'kysely'
import t from 'tap'
import { openGateway } from '../../testing/open-gateway.ts'
import { readStream } from '../../testing/read-stream.ts'
import { startApi } from '../../testing/start-api.ts'
import { startReadingRelay } from '../../testing/start-reading-relay.ts'

const api = await startApi(t, { env: { REALTIME_HEARTBEAT_SECONDS: '1' } })
const { app, db, keys, keyWith } = api
const url = await listen(app, '127.0.0.1', 0)
const { send, stream, post, stateOf } = await openGateway(api, url)
const endClaim = (id: string) =>
  sql`update delivery set claimed_until = now() - interval '1 second' where id = ${id}`.execute(db)
const settle = async (id: string) => {
  t.match(await post(id, 'ack'), { status: 200 })
  t.match(await post(id, 'confirm', { externalId: `3EB0${id}` }), { status: 200 })
}

t.test('a message is offered as it becomes due, as a phone sends it', async (t) => {
  const { came, close, until } = await stream(t)
  await until((frames) => frames[0]?.event === 'ready')
  const id = await send(1, 'Hello')
  const [frame] = (await came(1)).filter(({ event }) => event === 'message')
  t.same(frame?.data, {
    ...{ messageId: id, instanceId: 'acme-phone', to: '+5511955500001' },
    ...{ intent: 'text', payload: { text: 'Hello' }, idempotencyKey: id, attempt: 1 },
  })
  t.ok(Number(frame?.id) > 0)
  t.match(await stateOf(id), { state: 'SENDING' })
  await settle(id)
  t.match(await stateOf(id), { state: 'SENT', provider_message_id: `3EB0${id}`, attempts: 1 })
  close()
})

t.test(
  'one recipient gets one message at a time, in order; recipients do not wait for one another',
  async (t) => {
    const { came, idsOf } = await stream(t)
    const [first, second, third] = [await send(2, 'one'), await send(2, 'two'), await send(3)]
    await came(2)
    t.same(idsOf().toSorted(), [first, third].toSorted())
    await settle(first)
    await came(3)
    t.equal(idsOf()[2], second)
    for (const id of [second, third]) await settle(id)
  },
)

t.test(
  'numbers rise, and what is not settled is replayed after the last number that the adapter has',
  async (t) => {
    const before = await stream(t)
    const ids = [await send(4), await send(5), await send(6)]
    await before.came(3)
    const seqs = before.messages().map(({ id }) => Number(id))
    t.same(
      seqs,
      seqs.toSorted((a, b) => a - b),
    )
    await settle(before.idsOf()[1] ?? '')
    before.close()

    const [first, settled, third] = before.idsOf()
    const after = await stream(t, { lastEventId: seqs[0] ?? 0 })
    await after.came(1)
    t.same(after.idsOf(), [third])
    t.equal(after.messages()[0]?.id, seqs[2], 'under the number that it had')
    after.close()
    const byQuery = await stream(t, { query: `&lastEventId=${seqs[1]}` })
    await byQuery.came(1)
    t.same(byQuery.idsOf(), [third])
    byQuery.close()
    const anew = await stream(t)
    await anew.came(2)
    t.same(anew.idsOf(), [first, third], 'without a number: all that is not settled')
    anew.close()
    const old = await stream(t, { lastEventId: 1 })
    await old.came(2)
    t.same(old.idsOf(), [first, third], 'however old the number is: nothing that is not settled is forgotten')
    t.notOk(old.idsOf().includes(settled ?? ''))
    for (const id of ids) await settle(id)
  },
)

t.test('what is not acknowledged is offered again under a new number, and uses no attempt', async (t) => {
  const { came, messages, idsOf } = await stream(t)
  const id = await send(7)
  await came(1)
  await endClaim(id)
  await came(2)
  t.same(idsOf(), [id, id])
  t.ok(Number(messages()[1]?.id) > Number(messages()[0]?.id))
  t.equal(messages()[1]?.data.attempt, 1)
  await post(id, 'ack')
  const { rows } = await sql<{ left: number }>`
    select extract(epoch from claimed_until - now())::float as left from delivery where id = ${id}`.execute(
    db,
  )
  t.ok(Number(rows[0]?.left) > 60, 'acknowledged, it is the adapter\u2019s for longer')
  await endClaim(id)
  await came(3)
  t.equal(messages()[2]?.data.attempt, 2, 'an adapter that had it may have sent it')
  await settle(id)
})

t.test('adapters with keys of their own share the work, and none is offered what another has', async (t) => {
  const other = await keyWith('gateway')
  const [one, two] = [await stream(t), await stream(t, { key: other })]
  const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => send(100 + n)))
  await one.until(() => one.messages().length + two.messages().length >= 30)
  await two.until(() => one.messages().length + two.messages().length >= 30)
  t.same([...one.idsOf(), ...two.idsOf()].toSorted(), ids.toSorted(), 'each once')
  one.close()
  const back = await stream(t)
  await back.until((frames) => frames.some(({ event }) => event === 'heartbeat'))
  t.same(back.idsOf(), one.idsOf(), 'a replay brings what this key was offered, and nothing of the other')
  for (const id of ids) {
    const key = one.idsOf().includes(id) ? keys.acme : other
    t.match(await post(id, 'ack', undefined, key), { status: 200 })
    t.match(await post(id, 'confirm', { externalId: id }, key), { status: 200 })
  }
})

t.test('a second stream with one key takes over from the first, which is told why it ends', async (t) => {
  const first = await stream(t)
  const second = await stream(t)
  await first.closed()
  t.match(first.frames.at(-1), {
    event: 'connection.closing',
    data: { code: 'STREAM_REPLACED', message: /key of its own\.$/ },
  })
  const id = await send(8)
  await second.came(1)
  t.same(second.idsOf(), [id])
  await settle(id)
})

t.test(
  'a worker claims nothing of an instance whose adapter asks, and an adapter nothing of another',
  async (t) => {
    const id = await send(9)
    const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
    t.same(await claim(api.domain, { ...instance, limit: 10, claimSeconds: 60 }), [])
    t.same(await readDue(db), [])
    const { came } = await stream(t)
    await came(1)
    await settle(id)
  },
)

t.test(
  'an instance that tells that it is not connected is offered nothing; one that never told is',
  async (t) => {
    const connected = (status: string, is: boolean) =>
      db.updateTable('instance').set({ status, connected: is }).where('id', '=', 'acme-phone').execute()
    t.teardown(() => connected('connected', true))
    await connected('disconnected', false)
    const { came, until, messages } = await stream(t)
    const id = await send(10)
    await until((frames) => frames.filter(({ event }) => event === 'heartbeat').length >= 2)
    t.same(messages(), [])
    await connected('created', false)
    await came(1)
    await settle(id)
  },
)

t.test('pace and urgency hold for adapters, too', async (t) => {
  await createInstance(db, { id: 'paced', tenantId: 'acme', name: 'Paced', delivery: 'pull' })
  const settings = { ...PACE_OFF, pace: { perMinute: 1, burst: 2, firstContactsPerDay: 0 } }
  await db
    .updateTable('instance')
    .set({ settings: JSON.stringify(settings) })
    .where('id', '=', 'paced')
    .execute()
  for (const to of [20, 21, 22])
    await send(to, 'slow', 'acme', { instanceId: 'paced', priority: to === 22 ? 0 : 1 })
  const paced = await readStream(t, `${url}/messages/stream?instanceId=paced`, { 'x-api-key': keys.acme })
  await paced.until((frames) => frames.filter(({ event }) => event === 'heartbeat').length >= 2)
  const messages = paced.frames.filter(({ event }) => event === 'message')
  t.equal(messages.length, 2, 'as many as the burst')
  t.equal(messages[0]?.data.to, '+5511955500022', 'the most urgent first')
})

t.test('a reader that does not read is given no more, and gets the rest when it reads on', async (t) => {
  const relay = await startReadingRelay(url)
  t.teardown(relay.close)
  const { came, until, idsOf } = await stream(t, { through: relay.url })
  await until((frames) => frames[0]?.event === 'ready')
  relay.stopReading()
  const ids: string[] = []
  for (let n = 0; n < 150; n++) ids.push(await send(200 + n, 'x'.repeat(60_000)))
  const claimed = async () =>
    (await db.selectFrom('delivery').select('id').where('state', '=', 'SENDING').execute()).length
  let before = -1
  for (let now = await claimed(); now !== before; now = await claimed()) {
    before = now
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  t.ok(before < 150, `${before} of 150 were claimed for a reader that does not read`)
  relay.readOn()
  for (let n = 0; n < ids.length; n++) {
    await came(n + 1)
    await settle(idsOf()[n] ?? '')
  }
  t.same(idsOf().toSorted(), ids.toSorted())
})

t.test('a stream whose key is revoked ends', async (t) => {
  const key = await keyWith('gateway')
  const { closed, frames } = await stream(t, { key })
  const row = await db
    .selectFrom('api_key')
    .select('id')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  await revokeKey(api.domain, { tenantId: 'acme', id: row.id, actor: 'test' })
  await closed()
  t.match(frames.at(-1), { event: 'connection.closing', data: { code: 'INVALID_API_KEY' } })
})

t.test('a stream that cannot be opened is answered with a code and a sentence', async (t) => {
  await createInstance(db, { id: 'pushed', tenantId: 'acme', name: 'Pushed' })
  const refused: [string, object, number, string][] = [
    ['?instanceId=acme-phone', { 'x-api-key': 'a wrong key of some length' }, 401, 'INVALID_API_KEY'],
    ['?instanceId=acme-phone', { 'x-api-key': await keyWith('send') }, 403, 'INSUFFICIENT_SCOPE'],
    ['', {}, 400, 'VALIDATION_ERROR'],
    ['?instanceId=Not%20a%20slug', {}, 400, 'VALIDATION_ERROR'],
    [`?${Array.from({ length: 101 }, (_, n) => `instanceId=i${n}`).join('&')}`, {}, 400, 'VALIDATION_ERROR'],
    ['?instanceId=acme-phone', { 'last-event-id': 'x' }, 400, 'VALIDATION_ERROR'],
    ['?instanceId=acme-phone&lastEventId=-1', {}, 400, 'VALIDATION_ERROR'],
    ['?instanceId=acme-phone', { 'last-event-id': '999999999' }, 409, 'SEQ_NOT_REACHED'],
    ['?instanceId=nowhere', {}, 404, 'INSTANCE_NOT_FOUND'],
    ['?instanceId=acme-phone&instanceId=other-phone', {}, 404, 'INSTANCE_NOT_FOUND'],
    ['?instanceId=pushed', {}, 409, 'INSTANCE_NOT_PULLED'],
  ]
  for (const [query, headers, status, code] of refused) {
    const response = await fetch(`${url}/messages/stream${query}`, {
      headers: { 'x-api-key': keys.acme, ...headers },
    })
    const name = `${query} ${JSON.stringify(headers)}`
    t.match(await response.json(), { error: { code, message: /\.$/ } }, name)
    t.equal(response.status, status, name)
  }
})
