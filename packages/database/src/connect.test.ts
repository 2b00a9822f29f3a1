import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { createLogger } from '@carteiro/runtime/logger'
import { sql } from 'kysely'
import t from 'tap'
import { connect } from './connect.ts'
import { inTransaction } from './in-transaction.ts'
import { createTestDatabase } from './test-database.ts'
import { startDatabaseRelay } from './testing/relay.ts'
import { terminateConnections } from './testing/terminate-connections.ts'

const admin = await createTestDatabase(t)
const logger = createLogger('test', 'silent')

const open = (url: string, name: string) => {
  const connection = connect({ url, logger, name, maxConnections: 3 })
  t.teardown(connection.close)
  return connection
}
const one = (connection: ReturnType<typeof open>) =>
  sql<{ one: number }>`select 1 as one`.execute(connection.db)

/** Resolves when the server shows that so many of the pool's connections do this. */
async function untilActive(name: string, state: string, count: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ count: number }>`
      select count(*) from pg_stat_activity where application_name = ${name} and state = ${state}`.execute(
      admin.db,
    )
    if (rows[0]?.count === count) return
  }
}

t.test(
  'when every connection is ended, idle and in use, the process lives and the pool goes on',
  async (t) => {
    const connection = open(admin.url, 'survivor')
    await Promise.all([one(connection), one(connection), one(connection)])
    const inUse = t.rejects(sql`select pg_sleep(60)`.execute(connection.db), 'the query under way fails')
    const inTransactions = t.rejects(
      inTransaction(connection.db, async (transaction) => {
        await untilActive('survivor', 'active', 1)
        await untilActive('survivor', 'idle in transaction', 1)
        await terminateConnections(admin.db, 'survivor')
        await sql`select 1`.execute(transaction)
      }),
    )
    await Promise.all([inUse, inTransactions])
    t.same((await one(connection)).rows, [{ one: 1 }])
    t.same(await Promise.all([1, 2, 3].map(async () => (await one(connection)).rows[0]?.one)), [1, 1, 1])
  },
)

t.test('while PostgreSQL is away queries fail as "away", and afterwards they work again', async (t) => {
  const relay = await startDatabaseRelay(t, admin.url)
  const connection = open(relay.url, 'by relay')
  await one(connection)
  await relay.goAway()
  const error = await one(connection).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.ok(isDatabaseUnavailable(error), String(error))
  await relay.comeBack()
  t.same((await one(connection)).rows, [{ one: 1 }])
})

t.test('counts and positions are numbers, dates are text as they were written', async (t) => {
  const { rows } = await sql`select 9007199254740991::int8 as big, date '2024-05-02' as day`.execute(admin.db)
  t.same(rows, [{ big: 9_007_199_254_740_991, day: '2024-05-02' }])
})

t.test('an act that deadlocks is run again and done once', async (t) => {
  const connection = open(admin.url, 'deadlock')
  await sql`create table pair (id integer primary key, value integer not null)`.execute(admin.db)
  await sql`insert into pair values (1, 0), (2, 0)`.execute(admin.db)
  const reached = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const bothReached = Promise.all(reached.map(({ promise }) => promise))
  const add = (order: [number, number], index: number) =>
    inTransaction(connection.db, async (transaction) => {
      await sql`update pair set value = value + 1 where id = ${order[0]}`.execute(transaction)
      reached[index]?.resolve()
      await bothReached
      await sql`update pair set value = value + 1 where id = ${order[1]}`.execute(transaction)
    })
  await Promise.all([add([1, 2], 0), add([2, 1], 1)])
  t.same((await sql`select value from pair order by id`.execute(admin.db)).rows, [{ value: 2 }, { value: 2 }])
})

t.test('closing twice closes once', async (t) => {
  const connection = connect({ url: admin.url, logger, name: 'closing' })
  await one(connection)
  await t.resolves(Promise.all([connection.close(), connection.close()]))
  await t.rejects(one(connection), 'and nothing is asked of it any more')
})
