import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import type { Tables } from '@carteiro/database/tables'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { queueInShard } from '@carteiro/domain/testing/queue-in-shard'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { listDeadLetters } from '@carteiro/queue/dead-letters'
import { enqueueInbound } from '@carteiro/queue/enqueue-inbound'
import { INBOUND_SHARDS, inboundQueue } from '@carteiro/queue/jobs'
import { shardOf } from '@carteiro/queue/shard'
import { createRegistry } from '@carteiro/runtime/metrics'
import { Kysely, PostgresDialect, sql } from 'kysely'
import t from 'tap'
import { createReport } from '../../report.ts'
import { processBatch } from './process-batch.ts'

const domain = await startDomain(t)
const { db, queue } = domain
const dependencies = {
  ...domain,
  report: createReport(createRegistry(), domain.logger),
  config: { INBOUND_MAX_ATTEMPTS: 1 },
}
const shardOfEnvelope = ({ tenantId, chatKey }: MessageEnvelope) => shardOf(tenantId, chatKey)

let last = 0
const newPhone = () => `+55119${String(33370000 + ++last)}`
const numbered = (count: number, fields: (n: number) => Parameters<typeof messageEnvelope>[0]) =>
  Array.from({ length: count }, (_, n) => messageEnvelope({ text: String(n), ...fields(n) }))

/** @returns how many statements it took */
async function processCounting(shard: number): Promise<number> {
  let statements = 0
  const counting = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: domain.connection.pool }),
    log: () => void statements++,
  })
  await processBatch({ ...dependencies, db: counting }, shard)
  return statements
}

const messagesOf = (phones: string[]) =>
  db
    .selectFrom('message')
    .innerJoin('contact', (join) =>
      join
        .onRef('contact.tenant_id', '=', 'message.tenant_id')
        .onRef('contact.id', '=', 'message.contact_id'),
    )
    .select(['message.id', 'message.text', 'message.ticket_id', 'contact.phone'])
    .where('contact.phone', 'in', phones)
    .orderBy('message.number')
    .execute()
const textsOf = async (...phones: string[]) => (await messagesOf(phones)).map(({ text }) => text)

t.test('an album of 200 from somebody new is one ticket, in order, and a few statements', async (t) => {
  const phone = newPhone()
  const album = numbered(200, () => ({ phone }))
  const shard = shardOf('acme', album[0]?.chatKey ?? '')
  await enqueueInbound(queue, album)
  const statements = await processCounting(shard)
  t.ok(statements <= 20, `${statements} statements`)
  const messages = await messagesOf([phone])
  t.same(
    messages.map(({ text }) => text),
    album.map((_, n) => String(n)),
  )
  const [ticketId, ...others] = new Set(messages.map(({ ticket_id }) => ticket_id))
  t.same(others, [])
  const tickets = await db
    .selectFrom('ticket')
    .selectAll()
    .where('id', '=', ticketId ?? '')
    .execute()
  t.match(tickets, [{ unread_count: 200, preview: '199', status: 'open' }])
  const timeline = await db
    .selectFrom('timeline_entry')
    .select(['type', 'message_id'])
    .where('ticket_id', '=', ticketId ?? '')
    .orderBy('id')
    .execute()
  t.same(timeline, [
    { type: 'TICKET_OPENED', message_id: null },
    ...messages.map(({ id }) => ({ type: 'MESSAGE_RECEIVED', message_id: id })),
  ])
  const { rows } = await sql<{ type: string; id: string | null }>`
    select type, payload #>> '{message,id}' as id from event where ticket_id = ${ticketId} order by seq`.execute(
    db,
  )
  t.same(rows, [
    { type: 'tickets.new', id: null },
    ...messages.flatMap(({ id }) => ['messages.new', 'ticket.message'].map((type) => ({ type, id }))),
  ])
})

t.test(
  'messages of forty chats, known, new and repeated, take no more statements than those of one',
  async (t) => {
    const phones = Array.from({ length: 40 }, newPhone)
    const envelopes = numbered(160, (n) => ({ phone: phones[n % phones.length] ?? '' }))
    const [known, rest] = [envelopes.slice(0, 20), envelopes.slice(20)]
    await queueInShard(domain, 0, known)
    await processBatch(dependencies, 0)
    await queueInShard(domain, 0, [...rest, ...envelopes.slice(10, 40)])
    const statements = await processCounting(0)
    t.ok(statements <= 20, `${statements} statements`)
    t.same(
      await textsOf(...phones),
      envelopes.map((_, n) => String(n)),
    )
  },
)

t.test('poison in the middle of a run is set aside, and all others are stored in order', async (t) => {
  const phones = [newPhone(), newPhone(), newPhone()]
  const isPoison = (n: number) => n === 25 || n === 37
  const run = numbered(50, (n) => {
    const phone = phones[n % 3] ?? ''
    // No such instance; nobody who wrote.
    if (n === 25) return { phone, instanceId: 'nowhere' }
    if (n === 37) return { phone, contact: {}, chatKey: 'nobody' }
    return { phone }
  })
  await queueInShard(domain, 0, run)
  await processBatch(dependencies, 0)
  t.same(
    await textsOf(...phones),
    run.map((_, n) => String(n)).filter((text) => !isPoison(Number(text))),
  )
  const { items } = await listDeadLetters(db, { tenantId: 'acme', limit: 9 })
  t.same(items.length, 2)
  t.match(items, [{ error: /ticket/ }, { error: /neither a phone nor a chat/ }])
  const tickets = await db
    .selectFrom('ticket')
    .innerJoin('contact', 'contact.id', 'ticket.contact_id')
    .select(['unread_count'])
    .where('contact.phone', 'in', phones)
    .orderBy('contact.phone')
    .execute()
  t.same(
    tickets.map(({ unread_count }) => unread_count),
    [17, 15, 16],
    'what was rolled back is not counted',
  )
})

t.test('two workers that meet somebody new at once, by phone and by LID, make one contact', async (t) => {
  const phone = newPhone()
  const byPhone = numbered(20, () => ({ phone, contact: { phone, lid: '88001@lid' } }))
  const shard = shardOf('acme', byPhone[0]?.chatKey ?? '')
  const lid = Array.from({ length: INBOUND_SHARDS * 9 }, (_, n) => `88${n}@lid`).find(
    (one) => shardOf('acme', one) !== shard,
  )
  if (!lid) throw new Error('no other shard')
  for (const one of byPhone) one.contact.lid = lid
  const byLid = numbered(20, () => ({ chatKey: lid, contact: { phone } }))
  await enqueueInbound(queue, byPhone)
  await enqueueInbound(queue, byLid)

  const { promise: working, resolve: letGo } = Promise.withResolvers<void>()
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>()
  const holder = db.transaction().execute(async (transaction) => {
    await sql`lock table contact in share mode`.execute(transaction)
    held()
    await working
  })
  await isHeld
  const workers = [byPhone, byLid].map(([one]) => processBatch(dependencies, one ? shardOfEnvelope(one) : 0))
  while ((await waitingForLocks()) < 2) {}
  letGo()
  await Promise.all([holder, ...workers])

  const contacts = await db
    .selectFrom('contact')
    .select(['id', 'phone', 'lid'])
    .where('lid', '=', lid)
    .execute()
  t.match(contacts, [{ phone, lid }])
  t.equal(contacts.length, 1)
  const messages = await messagesOf([phone])
  t.equal(new Set(messages.map(({ ticket_id }) => ticket_id)).size, 1)
  t.same(messages.length, 40)
})

/** Both have looked, and found nobody; both are about to make the contact. */
async function waitingForLocks(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from pg_locks l join pg_database d on d.oid = l.database
    where d.datname = current_database() and l.relation = 'contact'::regclass and not l.granted`.execute(db)
  return rows[0]?.count ?? 0
}

t.test('a body of many messages becomes jobs of a bounded size, and its order stays', async (t) => {
  const phone = newPhone()
  const body = numbered(450, () => ({ phone }))
  const shard = shardOf('acme', body[0]?.chatKey ?? '')
  await enqueueInbound(queue, body)
  const { rows } = await sql<{ size: number }>`
    select jsonb_array_length(data->'envelopes') as size from pgboss.job
    where name = ${inboundQueue(shard)} and state = 'created' order by created_on`.execute(db)
  t.same(
    rows.map(({ size }) => size),
    [200, 200, 50],
  )
  while ((await processBatch(dependencies, shard)) === 'processed') {}
  t.same(
    await textsOf(phone),
    body.map((_, n) => String(n)),
  )
})
