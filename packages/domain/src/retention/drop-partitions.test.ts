import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { recordAudit } from '../audit/record.ts'
import { startDomain } from '../testing/start-domain.ts'
import { dropPartitions } from './drop-partitions.ts'
import { RETAINED_TABLES, readKept } from './read-kept.ts'

const { db, connection } = await startDomain(t)

/** An event of a day that lies so many days back, in a partition of that day. */
async function pastEvent(name: string, daysAgo: number): Promise<void> {
  const day = `current_date - ${daysAgo}`
  await sql
    .raw(`do $$ begin execute format('create table ${name} partition of event for values from (%L) to (%L)',
      ${day}, ${day} + 1); end $$`)
    .execute(db)
  await sql`
    insert into event (tenant_id, seq, day, type, payload, occurred_at)
    values ('acme', ${-daysAgo}, current_date - ${daysAgo}::int, 'messages.new', '{}', now())`.execute(db)
}

const seqs = async () =>
  (await db.selectFrom('event').select('seq').where('tenant_id', '=', 'acme').orderBy('seq').execute()).map(
    ({ seq }) => seq,
  )

t.test('days of events that are older than they are kept go, and younger ones stay', async (t) => {
  await pastEvent('event_old', 32)
  await pastEvent('event_edge', 31)
  await pastEvent('event_young', 30)
  t.same(await seqs(), [-32, -31, -30])
  t.same(await dropPartitions(db, 'event', 31), ['event_old'])
  t.same(await seqs(), [-31, -30])
  t.same(await dropPartitions(db, 'event', 30), ['event_edge'])
  t.same(await dropPartitions(db, 'event', 30), [], 'once')
})

t.test('a day that is read just now is left for the next round', async (t) => {
  await pastEvent('event_read', 90)
  const reader = await connection.pool.connect()
  await reader.query('begin')
  await reader.query('select * from event limit 1')
  t.same(await dropPartitions(db, 'event', 60), [])
  await reader.query('rollback')
  reader.release()
  t.same(await dropPartitions(db, 'event', 60), ['event_read'])
})

t.test('months of the audit trail go as a whole, and its rows are never changed', async (t) => {
  await sql`select ensure_audit_partitions(0, now() - interval '4 months')`.execute(db)
  const entry = (monthsAgo: number) =>
    sql`
    insert into audit_entry (tenant_id, id, actor, action, entity_type, entity_id, occurred_at)
    values ('acme', ${newId()}, ${`${monthsAgo} months ago`}, 'CREATED', 'delivery', 'x',
      now() - make_interval(months => ${monthsAgo}))`.execute(db)
  for (const monthsAgo of [4, 2, 0]) await entry(monthsAgo)
  await db
    .transaction()
    .execute((transaction) =>
      recordAudit(transaction, [
        { tenantId: 'acme', actor: 'now', action: 'CREATED', entityType: 'delivery', entityId: 'x' },
      ]),
    )
  const actors = async () =>
    (await db.selectFrom('audit_entry').select('actor').orderBy('occurred_at').execute()).map(
      ({ actor }) => actor,
    )
  t.same(await actors(), ['4 months ago', '2 months ago', '0 months ago', 'now'])
  await t.rejects(sql`delete from audit_entry`.execute(db), /append-only/)
  await t.rejects(sql`update audit_entry set actor = 'nobody'`.execute(db), /append-only/)
  const dropped = await dropPartitions(db, 'audit_entry', 62)
  t.match(dropped[0], /^audit_entry_\d{6}$/)
  t.notOk((await actors()).includes('4 months ago'))
  t.same((await actors()).slice(-2), ['0 months ago', 'now'])
})

t.test('the audit trail has partitions for a year', async (t) => {
  const { rows } = await sql`
    select from pg_inherits where inhparent = 'audit_entry'::regclass
      and inhrelid::regclass::text >= 'audit_entry_' || to_char(now() at time zone 'UTC', 'YYYYMM')`.execute(
    db,
  )
  t.equal(rows.length, 13)
})

t.test('what is kept is told for every table, partitions added up', async (t) => {
  await sql`analyze`.execute(db)
  const kept = await readKept(db)
  t.same(
    kept.map(({ table }) => table),
    [...RETAINED_TABLES].sort(),
  )
  const { count } = await db
    .selectFrom('audit_entry')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  t.equal(kept.find(({ table }) => table === 'audit_entry')?.rows, count)
  for (const { table, bytes } of kept) t.ok(bytes > 0, table)
})
