import { createLogger } from '@carteiro/runtime/logger'
import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import t from 'tap'
import { connect } from './connect.ts'
import { migrate } from './migrate.ts'
import { newId } from './new-id.ts'
import type { Tables } from './tables.ts'
import { createTestDatabase } from './test-database.ts'

/** Their keys cannot start with the tenant: migrations/0001_tenancy.sql says why. */
const WITHOUT_TENANT_FIRST = ['tenant', 'api_key', 'instance']

const { db, url } = await createTestDatabase(t)

async function createEmptyDatabase(): Promise<string> {
  const name = `test_${newId().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${name} template template0`)
  t.teardown(async () => {
    await client.query(`drop database ${name} with (force)`)
    await client.end()
  })
  const emptyUrl = new URL(url)
  emptyUrl.pathname = `/${name}`
  return emptyUrl.href
}

/** Tables of ours, partitions and the migrator's own aside. */
const ourTables = (database: Kysely<Tables>) =>
  sql<{ table: string; keys: string[][] }>`
    select c.relname as table, coalesce(json_agg(
      (select json_agg(a.attname order by k.place) from unnest(i.indkey::int2[]) with ordinality k (number, place)
        left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number)
      order by i.indexrelid::regclass::text
    ) filter (where i.indisunique), '[]') as keys
    from pg_class c left join pg_index i on i.indrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not like 'kysely%'
    group by c.oid, c.relname order by c.relname`.execute(database)

t.test(
  'an empty database is brought up to date by several processes at once, and the next start does nothing',
  async (t) => {
    const empty = await createEmptyDatabase()
    const logger = createLogger('test', 'silent')
    const processes = [1, 2, 3].map((n) =>
      connect({ url: empty, logger, name: `test ${n}`, maxConnections: 2 }),
    )
    t.teardown(() => Promise.all(processes.map((connection) => connection.close())))
    const ran = await Promise.all(processes.map((connection) => migrate(connection.db)))
    t.equal(ran.filter((names) => names.length > 0).length, 1, 'one of them did all')
    t.match(ran.flat(), [/^0001_/, /^0002_/])

    const [first] = processes
    if (!first) throw new Error('no process')
    const before = await ourTables(first.db)
    t.same(await migrate(first.db), [])
    t.same((await ourTables(first.db)).rows, before.rows)
    t.same((await ourTables(db)).rows, before.rows, 'the tests\u2019 template has the same tables')
  },
)

t.test(
  'every key of every table starts with the tenant, so that tenants can be spread over servers',
  async (t) => {
    const { rows } = await ourTables(db)
    t.ok(rows.some(({ table }) => table === 'message'))
    for (const { table, keys } of rows) {
      t.ok(keys.length > 0, `${table} has a key`)
      if (WITHOUT_TENANT_FIRST.includes(table)) continue
      for (const key of keys) t.equal(key[0], 'tenant_id', `${table} (${key.join(', ')})`)
    }
  },
)

t.test('every table that is named to TypeScript has the columns that it says', async (t) => {
  // Kysely's types are written by hand; a migration that forgets them is found here by its names.
  const { rows } = await sql<{ name: string }>`
    select case nspname when 'public' then relname else nspname || '.' || relname end as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where nspname in ('public', 'broker') and relkind in ('r', 'p') and not relispartition
      and relname not like 'kysely%'`.execute(db)
  for (const { name } of rows) {
    await t.resolves(
      db
        .selectFrom(name as keyof Tables)
        .selectAll()
        .limit(0)
        .execute(),
      name,
    )
  }
})

t.test(
  'the event log has a partition for every day of the week ahead, made once however often it is asked',
  async (t) => {
    const ensure = () => sql`select ensure_event_partitions(7)`.execute(db)
    await Promise.all([ensure(), ensure(), ensure()])
    const { rows } = await sql<{ made: boolean }>`
    select to_regclass('event_' || to_char(day, 'YYYYMMDD')) is not null as made
    from generate_series(current_date - 1, current_date + 7, '1 day') as day`.execute(db)
    t.same(
      rows.map(({ made }) => made),
      Array(9).fill(true),
    )
  },
)
