import type { Envelope, MessageEnvelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { createInstance } from '@carteiro/domain/instances/create-instance'
import { claim } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { settle } from '@carteiro/domain/outbox/settle'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_DEAD_QUEUE, INBOUND_SHARDS } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { processBatch } from './process-batch.ts'

const domain = await startDomain(t)
const dependencies = {
  ...domain,
  report: createReport(createRegistry(), domain.logger),
  config: { INBOUND_MAX_ATTEMPTS: 3 },
}

const message = (
  fields: Partial<MessageEnvelope> & { text?: string; phone?: string } = {},
): MessageEnvelope => {
  const { text = 'Oi!', phone = '+5511933330000', ...rest } = fields
  return {
    id: newId(),
    kind: 'message',
    direction: 'inbound',
    participantJid: null,
    tenantId: 'acme',
    instanceId: 'acme-phone',
    chatKey: `${phone.slice(1)}@s.whatsapp.net`,
    timestamp: '2024-05-02T13:05:00.000Z',
    receivedAt: new Date().toISOString(),
    requestId: 'request-1',
    providerMessageId: newId(),
    contact: { phone, pushName: 'Maria' },
    message: { type: 'text', text },
    metadata: {},
    ...rest,
  }
}

const connection = (connected: boolean, timestamp: string): Envelope => ({
  id: newId(),
  kind: 'connection',
  tenantId: 'acme',
  instanceId: 'acme-phone',
  chatKey: 'acme-phone',
  timestamp,
  receivedAt: new Date().toISOString(),
  requestId: 'request-1',
  status: connected ? 'connected' : 'disconnected',
  connected,
  phone: null,
  lid: null,
  reason: null,
})

async function take(...groups: Envelope[][]): Promise<void> {
  for (const group of groups) await enqueueInbound(domain.queue, group)
  for (let shard = 0; shard < INBOUND_SHARDS; shard++) await processBatch(dependencies, shard)
}

const textsOf = async (phone: string) => {
  const rows = await domain.db
    .selectFrom('message')
    .innerJoin('contact', 'contact.id', 'message.contact_id')
    .select('message.text')
    .where('contact.phone', '=', phone)
    .orderBy('message.number')
    .execute()
  return rows.map((row) => row.text)
}

t.test('a customer\u2019s messages are stored in order, in one ticket', async (t) => {
  const phone = '+5511933330001'
  await take([message({ phone, text: '1' }), message({ phone, text: '2' })], [message({ phone, text: '3' })])
  t.same(await textsOf(phone), ['1', '2', '3'])
  const tickets = await domain.db.selectFrom('ticket').select(['unread_count', 'preview', 'status']).execute()
  t.same(tickets, [{ unread_count: 3, preview: '3', status: 'open' }])
  const contact = await domain.db
    .selectFrom('contact')
    .select('name')
    .where('phone', '=', phone)
    .executeTakeFirst()
  t.equal(contact?.name, 'Maria', 'the push name is shown until a better one is known')
})

t.test('a message that is told twice is stored once, with one event', async (t) => {
  const phone = '+5511933330002'
  const twice = message({ phone })
  await take([twice], [{ ...twice, id: newId() }])
  t.same(await textsOf(phone), ['Oi!'])
  const events = await domain.db
    .selectFrom('event')
    .select('type')
    .where('type', '=', 'messages.new')
    .where(sql<boolean>`payload #>> '{message,providerMessageId}' = ${twice.providerMessageId}`)
    .execute()
  t.equal(events.length, 1)
})

/** What was put off is due now. @returns how many there were */
async function makeRetriesDue(): Promise<number> {
  const { numAffectedRows } = await sql`
    update pgboss.job set start_after = now() where name like 'inbound-_' and start_after > now()`.execute(
    domain.db,
  )
  return Number(numAffectedRows)
}

t.test(
  'a poison envelope is tried three times, then set aside, and its chat goes on meanwhile',
  async (t) => {
    const phone = '+5511933330003'
    const poison = message({ phone, instanceId: 'nowhere' })
    await take([message({ phone, text: 'before' }), poison, message({ phone, text: 'after' })])
    t.same(await textsOf(phone), ['before', 'after'])
    const readDead = () =>
      domain.queue.boss.fetch<{ envelope: Envelope; error: string; attempts: number }>(INBOUND_DEAD_QUEUE)
    for (const attempt of [2, 3]) {
      t.same(await readDead(), [], `not set aside before try ${attempt}`)
      await take([])
      t.equal(await makeRetriesDue(), 1, `try ${attempt} waits for its time`)
      await take([])
    }
    const [dead] = await readDead()
    t.match(dead?.data, { envelope: { id: poison.id }, attempts: 3, error: /ticket/ })
    t.equal(await makeRetriesDue(), 0)
  },
)

t.test('an envelope that failed and can be stored later is stored', async (t) => {
  const phone = '+5511933330013'
  await take([message({ phone, tenantId: 'other', instanceId: 'other-late', text: 'early' })])
  t.same(await textsOf(phone), [])
  await createInstance(domain.db, { id: 'other-late', tenantId: 'other', name: 'Late' })
  await makeRetriesDue()
  await take([])
  t.same(await textsOf(phone), ['early'])
})

t.test('when a batch rolls back, nothing of it is stored and nothing is lost', async (t) => {
  const phone = '+5511933330004'
  const envelope = message({ phone })
  const shard = shardOf(envelope.tenantId, envelope.chatKey)
  await enqueueInbound(domain.queue, [envelope])
  await sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'refused at the commit'; end $$;
    create constraint trigger refuse after insert on message deferrable initially deferred
      for each row execute function refuse()`.execute(domain.db)
  await t.rejects(processBatch(dependencies, shard), /refused at the commit/)
  await sql`drop trigger refuse on message`.execute(domain.db)
  t.same(await textsOf(phone), [])
  await processBatch(dependencies, shard)
  t.same(await textsOf(phone), ['Oi!'])
})

t.test('an envelope is not blamed for tables that are held or slow', async (t) => {
  const phone = '+5511933330014'
  const envelope = message({ phone })
  const shard = shardOf(envelope.tenantId, envelope.chatKey)
  await enqueueInbound(domain.queue, [envelope])
  for (const code of ['57014', '55P03']) {
    await sql`
      create function delay() returns trigger language plpgsql as $$
        begin raise 'held' using errcode = '${sql.raw(code)}'; end $$;
      create trigger delay before insert on message for each row execute function delay()`.execute(domain.db)
    await t.rejects(processBatch(dependencies, shard), { code })
    await sql`drop function delay cascade`.execute(domain.db)
  }
  t.equal(await makeRetriesDue(), 0, 'no try is used up')
  await processBatch(dependencies, shard)
  t.same(await textsOf(phone), ['Oi!'])
})

t.test('two workers never have one shard at once', async (t) => {
  const phone = '+5511933330005'
  const shard = shardOf('acme', `${phone.slice(1)}@s.whatsapp.net`)
  for (let n = 0; n < 30; n++) await enqueueInbound(domain.queue, [message({ phone, text: String(n) })])
  const worker = async () => {
    for (let n = 0; n < 20; n++) await processBatch(dependencies, shard)
  }
  await Promise.all([worker(), worker(), worker()])
  t.same(
    await textsOf(phone),
    Array.from({ length: 30 }, (_, n) => String(n)),
  )
})

t.test('an older report of a connection does not undo a newer one', async (t) => {
  await take([connection(true, '2024-05-02T13:00:02.000Z')])
  await take([connection(false, '2024-05-02T13:00:01.000Z')])
  const row = await domain.db
    .selectFrom('instance')
    .select('connected')
    .where('id', '=', 'acme-phone')
    .executeTakeFirst()
  t.equal(row?.connected, true)
})

t.test('what waited for the connection may leave when it opens', async (t) => {
  await queueMessage(domain, outboundRequest({ to: '+5511933330006' }))
  const claimNow = () =>
    claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit: 10, claimSeconds: 60 })
  const [delivery] = await claimNow()
  if (!delivery) throw new Error('nothing was claimed')
  await settle(domain, delivery, {
    status: 'failed',
    fault: 'waiting',
    code: 'INSTANCE_DISCONNECTED',
    message: '',
  })
  t.same(await claimNow(), [])
  await take([connection(true, new Date().toISOString())])
  t.match(await claimNow(), [{ id: delivery.id, attempt: 1 }])
})
