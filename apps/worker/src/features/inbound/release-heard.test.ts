import type { Envelope } from '@carteiro/contracts/envelope'
import { agree } from '@carteiro/domain/testing/agree'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { openOutbox } from '@carteiro/domain/testing/outbox'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_SHARDS, OUTBOUND_QUEUE } from '@carteiro/queue/jobs'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { processBatch } from './process-batch.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll } = openOutbox(domain)
const dependencies = {
  ...domain,
  report: createReport(createRegistry(), domain.logger),
  config: { INBOUND_MAX_ATTEMPTS: 1 },
}
const to = (n: number) => `+55119333800${10 + n}`

async function take(envelope: Envelope): Promise<void> {
  await enqueueInbound(domain.queue, [envelope])
  for (let shard = 0; shard < INBOUND_SHARDS; shard++) {
    while ((await processBatch(dependencies, shard)) === 'processed') {}
  }
}
const nudged = async () =>
  (await domain.queue.boss.fetch<object>(OUTBOUND_QUEUE, { batchSize: 9 })).map(({ data }) => data)

/** No stranger may be written to today: the messages of these are held back. */
async function hold(...recipients: string[]): Promise<void> {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_pace, message, ticket cascade`.execute(
    db,
  )
  await sql`update instance set settings = '{"pace": {"perMinute": 0, "firstContactsPerDay": 1}}'`.execute(db)
  await enqueue({ to: to(0) })
  t.equal((await claimAll()).length, 1)
  for (const recipient of recipients) await enqueue({ to: recipient })
  t.same(await claimAll(), [])
  await domain.queue.boss.deleteAllJobs(OUTBOUND_QUEUE)
}

t.test(
  'a message that waits because its recipient is a stranger leaves when the recipient writes',
  async (t) => {
    await hold(to(1), to(2))
    await take(messageEnvelope({ phone: to(1) }))
    t.same(await nudged(), [{ tenantId: 'acme', instanceId: 'acme-phone' }])
    t.match(await claimAll(), [{ recipient: to(1) }])
  },
)

t.test('who writes by a LID is known by the phone that goes with it', async (t) => {
  await hold(to(3))
  const contact = { phone: to(3), lid: '99887766554433@lid' }
  await take(messageEnvelope({ phone: to(3), chatKey: contact.lid, contact }))
  t.match(await claimAll(), [{ recipient: to(3) }])
})

t.test('what our own phone wrote, or another tenant heard, releases nothing', async (t) => {
  await hold(to(4))
  await take(messageEnvelope({ phone: to(4), direction: 'outbound' }))
  await take(messageEnvelope({ phone: to(4), tenantId: 'other', instanceId: 'other-phone' }))
  t.same(await nudged(), [])
  t.same(await claimAll(), [])
})

t.test('a campaign message that waits is released, too, but keeps its rank', async (t) => {
  await agree(domain, to(5), 'marketing')
  await hold()
  await enqueue({ to: to(5), purpose: 'marketing' })
  t.same(await claimAll(), [])
  await take(messageEnvelope({ phone: to(5) }))
  t.match(await claimAll(), [{ recipient: to(5) }])
})
