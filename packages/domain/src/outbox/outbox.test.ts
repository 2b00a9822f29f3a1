import { sql } from 'kysely'
import t from 'tap'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { type ClaimedDelivery, claim } from './claim.ts'
import { queueMessage } from './queue-message.ts'
import { readOutboundMessage } from './read.ts'
import { recoverStale } from './recover.ts'
import { type AttemptFailed, type AttemptOutcome, settle } from './settle.ts'

const domain = await startDomain(t)

const sent = ({ id }: { id: string }): AttemptOutcome => ({
  status: 'sent',
  providerMessageId: `3EB0-${id}`,
  response: { ok: true },
})
const BROKEN: AttemptOutcome = { status: 'failed', fault: 'channel', code: 'BROKER_ERROR', message: 'broken' }
const AWAY: AttemptFailed = {
  status: 'failed',
  fault: 'waiting',
  code: 'INSTANCE_DISCONNECTED',
  message: 'away',
}
const REFUSED: AttemptOutcome = { status: 'failed', fault: 'message', code: 'INVALID_TO', message: 'nobody' }

async function enqueue(fields: Parameters<typeof outboundRequest>[0] = {}): Promise<string> {
  const result = await queueMessage(domain, outboundRequest(fields))
  if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
  return result.id
}

const claimAll = (limit = 50): Promise<ClaimedDelivery[]> =>
  claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit, claimSeconds: 60 })

async function claimOne(): Promise<ClaimedDelivery> {
  const [delivery, ...others] = await claimAll()
  if (!delivery || others.length > 0) throw new Error('expected one claim')
  return delivery
}

async function sendOne(): Promise<void> {
  const delivery = await claimOne()
  await settle(domain, delivery, sent(delivery))
}

const stateOf = async (id: string) => (await readOutboundMessage(domain.db, { tenantId: 'acme', id }))?.status

async function drain(): Promise<string[]> {
  const ids: string[] = []
  for (let claimed = await claimAll(); claimed.length > 0; claimed = await claimAll()) {
    for (const delivery of claimed) {
      ids.push(delivery.id)
      await settle(domain, delivery, sent(delivery))
    }
  }
  return ids
}

t.afterEach(async () => {
  await drain()
  await sql`truncate delivery, delivery_attempt, lane cascade`.execute(domain.db)
})

t.test('messages of one recipient leave one at a time, in the order of acceptance', async (t) => {
  const ids = [await enqueue({ text: '1' }), await enqueue({ text: '2' }), await enqueue({ text: '3' })]
  const head = await claimOne()
  t.equal(head.id, ids[0])
  t.same(await claimAll(), [], 'the second waits for the first')
  await settle(domain, head, sent(head))
  t.same(await drain(), ids.slice(1))
})

t.test('recipients do not wait for one another', async (t) => {
  await enqueue({ to: '+5511911110001' })
  await enqueue({ to: '+5511911110002' })
  t.equal((await claimAll()).length, 2)
})

t.test('forty enqueues at once and four workers keep each lane in order', async (t) => {
  const recipients = ['+5511911110001', '+5511911110002', '+5511911110003', '+5511911110004']
  await Promise.all(Array.from({ length: 40 }, (_, n) => enqueue({ to: recipients[n % 4] ?? '' })))
  const left: ClaimedDelivery[] = []
  const worker = async () => {
    for (let idle = 0; left.length < 40 && idle < 200; ) {
      const claimed = await claimAll(2)
      idle = claimed.length === 0 ? idle + 1 : 0
      for (const delivery of claimed) {
        left.push(delivery)
        await settle(domain, delivery, sent(delivery))
      }
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  const positions = await domain.db.selectFrom('delivery').select(['id', 'position']).execute()
  const positionOf = new Map(positions.map((row) => [row.id, row.position]))
  t.equal(left.length, 40)
  for (const [lane, deliveries] of Map.groupBy(left, (delivery) => delivery.lane)) {
    const order = deliveries.map((delivery) => positionOf.get(delivery.id) ?? 0)
    t.same(
      order,
      order.toSorted((a, b) => a - b),
      `lane ${lane}`,
    )
  }
})

t.test('a sent message says so everywhere, with its attempt', async (t) => {
  const id = await enqueue()
  await sendOne()
  t.match(await readOutboundMessage(domain.db, { tenantId: 'acme', id }), {
    status: 'SENT',
    providerMessageId: `3EB0-${id}`,
    attemptCount: 1,
    attempts: [{ attemptNo: 1, status: 'sent', providerResponse: { ok: true } }],
  })
  const message = await domain.db
    .selectFrom('message')
    .select('state')
    .where('id', '=', id)
    .executeTakeFirst()
  t.equal(message?.state, 'SENT')
  const timeline = await domain.db
    .selectFrom('timeline_entry')
    .select('type')
    .where('message_id', '=', id)
    .execute()
  t.same(timeline, [{ type: 'MESSAGE_SENT' }])
  const audit = await domain.db
    .selectFrom('audit_entry')
    .select('action')
    .where('entity_id', '=', id)
    .orderBy('id')
    .execute()
  t.same(
    audit.map((entry) => entry.action),
    ['CREATED', 'SENT'],
  )
})

t.test('a broken channel is tried again later, and holds its own lane alone', async (t) => {
  const id = await enqueue()
  await enqueue({ text: 'behind' })
  t.same(await settle(domain, await claimOne(), BROKEN), { status: 'QUEUED' })
  t.same(await claimAll(), [], 'it waits, and what is behind it waits too')
  t.match(await readOutboundMessage(domain.db, { tenantId: 'acme', id }), {
    status: 'QUEUED',
    errorCode: 'BROKER_ERROR',
    nextAttemptAt: String,
  })
})

t.test('when the last attempt fails the message fails, with its reason, and the lane goes on', async (t) => {
  const id = await enqueue()
  const next = await enqueue({ text: 'next' })
  await domain.db.updateTable('delivery').set({ attempts: 5 }).where('id', '=', id).execute()
  t.same(await settle(domain, await claimOne(), BROKEN), { status: 'FAILED' })
  t.equal((await claimOne()).id, next)
})

t.test('waiting for the channel uses no attempt', async (t) => {
  const id = await enqueue()
  t.same(await settle(domain, await claimOne(), AWAY), { status: 'QUEUED' })
  t.match(await readOutboundMessage(domain.db, { tenantId: 'acme', id }), {
    status: 'QUEUED',
    attemptCount: 0,
  })
})

t.test('what the channel refuses for good is not tried again', async (t) => {
  const id = await enqueue()
  await settle(domain, await claimOne(), REFUSED)
  t.equal(await stateOf(id), 'FAILED')
  t.same(await claimAll(), [])
})

t.test('nothing is claimed while the instance is not connected', async (t) => {
  await enqueue()
  await domain.db.updateTable('instance').set({ connected: false }).where('id', '=', 'acme-phone').execute()
  t.same(await claimAll(), [])
  await domain.db.updateTable('instance').set({ connected: true }).where('id', '=', 'acme-phone').execute()
  t.equal((await claimAll()).length, 1)
})

t.test(
  'a dead worker\u2019s message is queued again when its claim ends, and a late outcome changes nothing',
  async (t) => {
    const id = await enqueue()
    const dead = await claimOne()
    t.equal(await recoverStale(domain), 0, 'not before')
    await domain.db.updateTable('delivery').set({ claimed_until: sql`now() - interval '1 second'` }).execute()
    t.equal(await recoverStale(domain), 1)
    t.equal(await stateOf(id), 'QUEUED')
    const alive = await claimOne()
    t.same(await settle(domain, dead, BROKEN), { status: 'stale' })
    t.same(await settle(domain, alive, sent(alive)), { status: 'SENT' })
  },
)

t.test('when the last attempt is never answered the message says that its outcome is unknown', async (t) => {
  const id = await enqueue()
  await domain.db.updateTable('delivery').set({ attempts: 5 }).where('id', '=', id).execute()
  await claimOne()
  await domain.db.updateTable('delivery').set({ claimed_until: sql`now() - interval '1 second'` }).execute()
  await recoverStale(domain)
  t.match(await readOutboundMessage(domain.db, { tenantId: 'acme', id }), {
    status: 'FAILED',
    errorCode: 'OUTCOME_UNKNOWN',
  })
})

t.test('a channel that asks to be left alone is left alone so long', async (t) => {
  const id = await enqueue()
  const before = Date.now()
  await settle(domain, await claimOne(), { ...AWAY, retryAfterSeconds: 60 })
  const message = await readOutboundMessage(domain.db, { tenantId: 'acme', id })
  t.ok(Date.parse(message?.nextAttemptAt ?? '') >= before + 59_000)
})

t.test('a message that WhatsApp has not acknowledged stays SENDING', async (t) => {
  const id = await enqueue()
  const delivery = await claimOne()
  await settle(domain, delivery, { status: 'pending', providerMessageId: '3EB0BB', response: {} })
  t.equal(await stateOf(id), 'SENDING')
  t.same(await settle(domain, delivery, sent(delivery)), { status: 'SENT' })
})

t.test('every change is an event, numbered without a gap', async (t) => {
  await enqueue()
  await sendOne()
  const events = await domain.db
    .selectFrom('event')
    .select(['seq', 'type'])
    .where('tenant_id', '=', 'acme')
    .orderBy('seq')
    .execute()
  t.same(
    events.map((event) => event.seq),
    events.map((_, index) => index + 1),
  )
  t.ok(events.some((event) => event.type === 'message.status.changed'))
})
