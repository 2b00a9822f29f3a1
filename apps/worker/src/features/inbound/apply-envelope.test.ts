import type { Envelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { claim } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { settle } from '@carteiro/domain/outbox/settle'
import {
  editEnvelope,
  envelopeBase,
  messageEnvelope,
  reactionEnvelope,
  revokeEnvelope,
  statusEnvelope,
  undecryptableEnvelope,
  voteEnvelope,
} from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { listDeadLetters, redriveDeadLetters } from '@carteiro/queue/dead-letters'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_SHARDS, OUTBOUND_QUEUE } from '@carteiro/queue/jobs'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { processBatch } from './process-batch.ts'

const domain = await startDomain(t)
const { db } = domain
const registry = createRegistry()
const dependencies = {
  ...domain,
  report: createReport(registry, domain.logger),
  config: { INBOUND_MAX_ATTEMPTS: 1 },
}

async function take(...envelopes: Envelope[]): Promise<void> {
  for (const envelope of envelopes) {
    await enqueueInbound(domain.queue, [envelope])
  }
  await work()
}

async function work(): Promise<void> {
  for (let shard = 0; shard < INBOUND_SHARDS; shard++) {
    while ((await processBatch(dependencies, shard)) === 'processed') {}
  }
}

/** All that a repetition could change. */
async function snapshot(): Promise<unknown> {
  const tables = [
    'contact',
    'ticket',
    'message',
    'timeline_entry',
    'event',
    'message_receipt',
    'early_receipt',
  ]
  const more = ['message_reaction', 'poll_vote', 'pending_change', 'applied_envelope', 'delivery', 'lane']
  const rows = [...tables, ...more].map(async (table) => {
    const found = await sql<{ row: string }>`
      select to_jsonb(r)::text as row from ${sql.table(table)} r order by 1`.execute(db)
    return [table, found.rows.map(({ row }) => row)]
  })
  return Object.fromEntries(await Promise.all(rows))
}

const counterOf = async (name: string): Promise<number> => {
  const metric = registry.getSingleMetric(name)
  const { values } = (await metric?.get()) ?? { values: [] }
  return values.reduce((sum, { value }) => sum + value, 0)
}

const phone = '+5511933360001'
const original = messageEnvelope({ phone, text: 'one' })
const poll = messageEnvelope({ phone, message: { type: 'poll', poll: { name: 'Which?', options: ['A'] } } })
const targetMessageId = original.providerMessageId

/** One of every kind; the order is that of their arrival. */
const everyKind: Envelope[] = [
  original,
  messageEnvelope({ phone, direction: 'outbound', text: 'from our phone' }),
  undecryptableEnvelope({ phone }),
  editEnvelope({ phone, targetMessageId }),
  reactionEnvelope({ phone, targetMessageId }),
  revokeEnvelope({ phone, targetMessageId }),
  editEnvelope({ phone, targetMessageId: 'not here yet' }),
  poll,
  voteEnvelope({ phone, pollMessageId: poll.providerMessageId, selectedOptions: ['A'] }),
  statusEnvelope({ providerMessageId: 'nobody\u2019s', status: 'READ' }),
  { ...envelopeBase(), kind: 'contact', contact: { name: 'Maria' }, phone, lid: '771@lid' },
  { ...envelopeBase(), kind: 'group', jid: '120363000000000001@g.us', subject: 'Family', details: {} },
  { ...envelopeBase({ phone }), kind: 'call', contact: { phone }, participantJid: null, details: {} },
  { ...envelopeBase(), kind: 'gap', details: { expected: 3, seen: 5 } },
  {
    ...envelopeBase(),
    kind: 'connection',
    ...{ status: 'connected', connected: true, phone: null, lid: null, reason: null },
  },
]

t.test('every kind that can come in is applied, none is set aside', async (t) => {
  await take(...everyKind)
  t.same((await listDeadLetters(db, { tenantId: 'acme', limit: 9 })).items, [])
  const messages = await db
    .selectFrom('message')
    .select(['type', 'direction', 'state'])
    .orderBy('number')
    .execute()
  t.same(messages, [
    { type: 'revoked', direction: 'inbound', state: null },
    { type: 'text', direction: 'outbound', state: 'SENT' },
    { type: 'undecryptable', direction: 'inbound', state: null },
    { type: 'poll', direction: 'inbound', state: null },
    { type: 'call', direction: 'inbound', state: null },
  ])
  t.equal((await db.selectFrom('ticket').selectAll().execute()).length, 1, 'one chat is one ticket')
  t.match(await db.selectFrom('contact').selectAll().where('phone', '=', phone).execute(), [
    { name: 'Maria', lid: '771@lid' },
  ])
  t.equal(await counterOf('whatsapp_inbound_gaps_total'), 1)
  const gaps = await db
    .selectFrom('event')
    .select('payload')
    .where('type', '=', 'whatsapp.instance.gap')
    .execute()
  t.match(gaps, [{ payload: { instanceId: 'acme-phone', from: null, expected: 3, seen: 5 } }])
})

t.test('whatever comes again changes nothing, and is counted', async (t) => {
  const before = await snapshot()
  t.equal(await counterOf('whatsapp_dedupe_hits_total'), 0)
  await take(...everyKind)
  t.same(await snapshot(), before)
  t.equal(await counterOf('whatsapp_dedupe_hits_total'), everyKind.length)
})

t.test('how long it took from the webhook to the ticket is measured, once for each message', async (t) => {
  const measured = async () =>
    Number(/^whatsapp_inbound_latency_seconds_count (\d+)/m.exec(await registry.metrics())?.[1] ?? 0)
  const before = await measured()
  const message = messageEnvelope({ phone: '+5511933360005' })
  await take(message, message)
  t.equal(await measured(), before + 1)
})

t.test('a receipt that frees a lane wakes the outbox', async (t) => {
  const enqueue = () =>
    queueMessage(domain, {
      tenantId: 'acme',
      to: '+5511933360002',
      intent: { intent: 'text', text: 'Hello' },
      maxAttempts: 6,
      actor: 'test',
      requestId: 'request-1',
    })
  await enqueue()
  await enqueue()
  const claimNow = () =>
    claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit: 10, claimSeconds: 60 })
  const [delivery] = await claimNow()
  if (!delivery) throw new Error('nothing was claimed')
  await settle(domain, delivery, { status: 'pending', providerMessageId: '3EB0PENDING', response: {} })
  await domain.queue.boss.deleteAllJobs(OUTBOUND_QUEUE)
  await take(statusEnvelope({ providerMessageId: '3EB0PENDING', status: 'SENT' }))
  const nudges = await domain.queue.boss.fetch<object>(OUTBOUND_QUEUE, { batchSize: 9 })
  t.same(
    nudges.map(({ data }) => data),
    [{ tenantId: 'acme', instanceId: 'acme-phone' }],
  )
  t.equal((await claimNow()).length, 1)
})

t.test('what was set aside is stored when an operator redrives it: one, or all of the tenant', async (t) => {
  const late = (text: string, tenantId = 'acme') =>
    messageEnvelope({ phone: '+5511933360003', tenantId, instanceId: `${tenantId}-late`, text })
  await take(late('1'), late('2'), late('3'), late('theirs', 'other'))
  const list = async (tenantId = 'acme') => (await listDeadLetters(db, { tenantId, limit: 9 })).items
  const [first] = await list()
  t.equal((await list()).length, 3)
  for (const tenantId of ['acme', 'other'])
    await createInstance(db, { id: `${tenantId}-late`, tenantId, name: 'Late' })

  t.equal(await redriveDeadLetters(domain, { tenantId: 'other', id: first?.id ?? '' }), 0)
  t.equal(await redriveDeadLetters(domain, { tenantId: 'acme', id: newId() }), 0)
  t.equal(await redriveDeadLetters(domain, { tenantId: 'acme', id: first?.id ?? '' }), 1)
  t.equal(await redriveDeadLetters(domain, { tenantId: 'acme' }), 2)
  await work()
  const stored = await db
    .selectFrom('message')
    .select('text')
    .where('instance_id', '=', 'acme-late')
    .orderBy('number')
    .execute()
  t.same(
    stored.map(({ text }) => text),
    ['1', '2', '3'],
  )
  t.same([(await list()).length, (await list('other')).length], [0, 1])
})

t.test('one that fails again after it was redriven is set aside again', async (t) => {
  await take(messageEnvelope({ phone: '+5511933360004', instanceId: 'nowhere' }))
  t.equal(await redriveDeadLetters(domain, { tenantId: 'acme' }), 1)
  await work()
  t.match((await listDeadLetters(db, { tenantId: 'acme', limit: 9 })).items, [
    { attempts: 1, kind: 'message' },
  ])
})
