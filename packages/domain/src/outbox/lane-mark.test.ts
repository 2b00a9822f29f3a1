import { sql } from 'kysely'
import t from 'tap'
import { onlyOne, openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { claim } from './claim.ts'
import { readNextDue } from './due.ts'
import { LaneMark } from './lane-mark.ts'
import { settleAll } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue } = openOutbox(domain)
const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
const to = (n: number) => `+55119222${String(n).padStart(5, '0')}`

const claimSome = (limit: number, mark?: LaneMark) =>
  claim(domain, { ...instance, limit, claimSeconds: 60, ...(mark ? { mark } : {}) })
const recipientsOf = async (claimed: ReturnType<typeof claimSome>) =>
  (await claimed).map(({ recipient }) => recipient).sort()

t.beforeEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane cascade`.execute(db)
})

t.test(
  'claims that go on where the last one ended take every lane once, in order, whatever moment readied it',
  async (t) => {
    for (let n = 0; n < 10; n++) await enqueue({ to: to(n) })
    await sql`update lane set ready_at = '2026-01-01'`.execute(db)
    const mark = new LaneMark(Number.POSITIVE_INFINITY)
    const taken = []
    for (let n = 0; n < 4; n++) taken.push(...(await recipientsOf(claimSome(3, mark))))
    t.same(
      taken,
      Array.from({ length: 10 }, (_, n) => to(n)),
    )
  },
)

t.test(
  'what becomes ready before the mark is found at the end, and what is more urgent at once',
  async (t) => {
    for (let n = 0; n < 5; n++) await enqueue({ to: to(n) })
    const mark = new LaneMark(Number.POSITIVE_INFINITY)
    await claimSome(2, mark)
    await enqueue({ to: to(7) })
    await sql`update lane set ready_at = '2026-01-01' where lane like ${`${to(7).slice(1)}%`}`.execute(db)
    await enqueue({ to: to(8), priority: 0 })
    t.same(await recipientsOf(claimSome(2, mark)), [to(2), to(8)])
    t.same(await recipientsOf(claimSome(10, mark)), [to(3), to(4)])
    t.equal(await readNextDue(db, instance, mark), 0, 'the end was reached: it looks from the beginning')
    t.same(await recipientsOf(claimSome(10, mark)), [to(7)])
    t.equal(await readNextDue(db, instance, mark), undefined)
  },
)

t.test('where nothing is due behind the mark, what is before it is due', async (t) => {
  for (let n = 0; n < 3; n++) await enqueue({ to: to(n) })
  const mark = new LaneMark(Number.POSITIVE_INFINITY)
  const claimed = await claimSome(3, mark)
  await enqueue({ to: to(5) })
  await sql`update lane set ready_at = '2026-01-01' where ready_at is not null`.execute(db)
  t.equal(claimed.length, 3)
  t.equal(await readNextDue(db, instance, mark), 0)
  t.equal(onlyOne(await claimSome(3, mark)).recipient, to(5))
})

/** Index entries that are read to send everything, while an old snapshot keeps all that has left. */
async function readsUnderOldSnapshot(mark: LaneMark | undefined): Promise<number> {
  for (let n = 0; n < 100; n++) await enqueue({ to: to(n) })
  await sql`vacuum lane`.execute(db)
  const before = await readSoFar()
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (transaction) => {
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction)
      await sql`select from lane limit 1`.execute(transaction)
      for (let sent = 0; sent < 100; ) {
        const claimed = await claimSome(5, mark)
        sent += claimed.length
        await settleAll(
          domain,
          claimed.map((delivery) => ({ delivery, outcome: sentOf(delivery) })),
        )
      }
    })
  return (await readSoFar()) - before
}

async function readSoFar(): Promise<number> {
  // Each connection keeps its counts to itself for a while.
  await Promise.all(Array.from({ length: 20 }, () => sql`select pg_stat_force_next_flush()`.execute(db)))
  const { rows } = await sql<{ reads: number }>`
    select idx_tup_read::int as reads from pg_stat_user_indexes where indexrelname = 'lane_ready'`.execute(db)
  return rows[0]?.reads ?? Number.NaN
}

t.test('what has left is not read again by each claim, however long a snapshot keeps it', async (t) => {
  const fromTheBeginning = await readsUnderOldSnapshot(undefined)
  await sql`truncate delivery, delivery_attempt, delivery_history, lane cascade`.execute(db)
  const marked = await readsUnderOldSnapshot(new LaneMark(Number.POSITIVE_INFINITY))
  t.ok(marked < fromTheBeginning / 2, `${marked} entries beside ${fromTheBeginning}`)
})
