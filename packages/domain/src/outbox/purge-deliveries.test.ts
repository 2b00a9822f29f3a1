import { lowestId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { onlyOne, openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { purgeDeliveries } from './purge-deliveries.ts'
import { queueMessage } from './queue-message.ts'
import { settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll } = openOutbox(domain)
const ALWAYS = new AbortController().signal
const DAY_MS = 86_400_000

const purge = (signal = ALWAYS) => purgeDeliveries(db, { days: 90, signal })
const idsLeft = async () =>
  (await db.selectFrom('delivery').select('id').orderBy('id').execute()).map(({ id }) => id)

/** Moves a message into the past, where its id and its times would be. @returns its id there */
async function age(id: string, { madeDaysAgo, endedDaysAgo = madeDaysAgo }: Age): Promise<string> {
  const lowest = lowestId(new Date(Date.now() - madeDaysAgo * DAY_MS))
  const past = lowest.slice(0, 14) + id.slice(14)
  await db.transaction().execute(async (transaction) => {
    // Foreign keys would hold the id.
    await sql`set local session_replication_role = 'replica'`.execute(transaction)
    await sql`
      update delivery set id = ${past}, created_at = now() - make_interval(days => ${madeDaysAgo}),
        settled_at = case when settled_at is not null then now() - make_interval(days => ${endedDaysAgo}) end
      where id = ${id}`.execute(transaction)
    await sql`update delivery_attempt set delivery_id = ${past} where delivery_id = ${id}`.execute(
      transaction,
    )
    await sql`update delivery_history set delivery_id = ${past} where delivery_id = ${id}`.execute(
      transaction,
    )
  })
  return past
}

interface Age {
  madeDaysAgo: number
  endedDaysAgo?: number
}

async function enqueueSent(to: string): Promise<string> {
  const id = await enqueue({ to })
  const delivery = onlyOne(await claimAll())
  await settle(domain, delivery, sentOf(delivery))
  return id
}

t.beforeEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane cascade`.execute(db)
})

t.test(
  'what ended long ago goes with its attempts and history; its message stays in the ticket',
  async (t) => {
    const id = await age(await enqueueSent('+5511911110001'), { madeDaysAgo: 91 })
    const young = await age(await enqueueSent('+5511911110002'), { madeDaysAgo: 89 })
    const count = async (table: 'delivery_attempt' | 'delivery_history') =>
      (await db.selectFrom(table).select('number').where('delivery_id', '=', id).execute()).length
    t.equal(await count('delivery_attempt'), 1)
    t.ok((await count('delivery_history')) > 0)
    const messages = await db.selectFrom('message').select('id').execute()
    t.equal(await purge(), 1)
    t.same(await idsLeft(), [young])
    t.equal(await count('delivery_attempt'), 0)
    t.equal(await count('delivery_history'), 0)
    t.same(await db.selectFrom('message').select('id').execute(), messages)
  },
)

t.test('what is open stays, however old it is', async (t) => {
  const waiting = await age(await enqueue({ to: '+5511911110003' }), { madeDaysAgo: 400 })
  const sending = await enqueue({ to: '+5511911110004' })
  await claimAll()
  const claimed = await age(sending, { madeDaysAgo: 400 })
  t.equal(await purge(), 0)
  t.same(await idsLeft(), [waiting, claimed].sort())
})

t.test('a message is as old as its end: one that waited for months is kept from then on', async (t) => {
  const id = await age(await enqueueSent('+5511911110005'), { madeDaysAgo: 200, endedDaysAgo: 10 })
  t.equal(await purge(), 0)
  t.same(await idsLeft(), [id])
})

t.test('every tenant\u2019s go, batch by batch, also when there are more than one batch holds', async (t) => {
  const template = await age(await enqueueSent('+5511911110006'), { madeDaysAgo: 100 })
  await sql`
    insert into delivery select (jsonb_populate_record(d, jsonb_build_object(
      'id', overlay(d.id::text placing lpad(to_hex(n), 12, '0') from 25), 'tenant_id', tenant_id_of, 'instance_id',
      tenant_id_of || '-phone', 'position', d.position + n * 2 + place
    ))).* from delivery d, generate_series(1, 600) n,
      unnest(array['acme', 'other']) with ordinality as tenants (tenant_id_of, place)
    where d.id = ${template}`.execute(db)
  t.equal(await purge(), 1_201)
  t.same(await idsLeft(), [])
})

t.test('what somebody holds is left for the next round, and nobody waits', async (t) => {
  const id = await age(await enqueueSent('+5511911110007'), { madeDaysAgo: 100 })
  await db.transaction().execute(async (transaction) => {
    await sql`select from delivery where id = ${id} for update`.execute(transaction)
    t.equal(await purge(), 0)
  })
  t.equal(await purge(), 1)
})

t.test('a worker that stops leaves the rest to the next one', async (t) => {
  await age(await enqueueSent('+5511911110008'), { madeDaysAgo: 100 })
  t.equal(await purge(AbortSignal.abort()), 0)
  t.equal(await purge(), 1)
})

t.test('a key whose delivery is gone is free again', async (t) => {
  const request = {
    tenantId: 'acme',
    to: '+5511911110009',
    intent: { intent: 'text' as const, text: 'Hello' },
    idempotencyKey: 'long ago',
    maxAttempts: 6,
    actor: 'test',
    requestId: 'request-1',
  }
  const first = await queueMessage(domain, request)
  const delivery = onlyOne(await claimAll())
  await settle(domain, delivery, sentOf(delivery))
  t.match(await queueMessage(domain, request), { status: 'repeated' })
  if (first.status === 'queued') await age(first.id, { madeDaysAgo: 100 })
  await purge()
  t.match(await queueMessage(domain, request), { status: 'queued' })
})
