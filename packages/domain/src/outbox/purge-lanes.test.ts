import { sql } from 'kysely'
import t from 'tap'
import { onlyOne, openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { laneOf } from './lane.ts'
import { purgeLanes } from './purge-lanes.ts'
import { settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll } = openOutbox(domain)
const ALWAYS = new AbortController().signal
const to = (n: number) => `+55119111${String(n).padStart(5, '0')}`
const laneTo = (n: number) => laneOf({ kind: 'phone', digits: to(n).slice(1) })

const purge = (signal = ALWAYS) => purgeLanes(db, { days: 90, signal })
const age = (days: number) =>
  sql`update lane set used_at = now() - make_interval(days => ${days})`.execute(db)
const lanesLeft = async () =>
  (await db.selectFrom('lane').select('lane').orderBy('lane').execute()).map(({ lane }) => lane)

async function enqueueSent(n: number): Promise<void> {
  await enqueue({ to: to(n) })
  const delivery = onlyOne(await claimAll())
  await settle(domain, delivery, sentOf(delivery))
}

t.beforeEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane cascade`.execute(db)
})

t.test(
  'the lane of a recipient who is not written to any more goes, and comes again with a message',
  async (t) => {
    await enqueueSent(1)
    await age(91)
    await enqueueSent(2)
    t.equal(await purge(), 1)
    t.same(await lanesLeft(), [laneTo(2)])
    await enqueueSent(1)
    t.same(await lanesLeft(), [laneTo(1), laneTo(2)])
  },
)

t.test('a lane in which something waits, is on its way, or is scheduled, stays however old', async (t) => {
  await enqueue({ to: to(1) })
  onlyOne(await claimAll())
  await enqueue({ to: to(2) })
  await enqueue({ to: to(3), scheduledAt: new Date(Date.now() + 3_600_000) })
  await age(1_000)
  t.equal(await purge(), 0)
  t.same(await lanesLeft(), [laneTo(1), laneTo(2), laneTo(3)])
})

t.test('a thousand and more go in batches, and what stays between them is passed over', async (t) => {
  await sql`
    insert into lane (tenant_id, instance_id, lane, used_at, ready_at)
    select 'acme', 'acme-phone', lpad(n::text, 6, '0') || '@s.whatsapp.net', now() - interval '91 days',
      case when n % 3 = 0 then now() end
    from generate_series(1, 1800) n`.execute(db)
  t.equal(await purge(), 1_200)
  t.equal((await lanesLeft()).length, 600)
})

t.test('nothing is begun once it is told to stop', async (t) => {
  await enqueueSent(1)
  await age(91)
  t.equal(await purge(AbortSignal.abort()), 0)
  t.equal((await lanesLeft()).length, 1)
})

t.test('messages that are accepted while lanes go find a lane, and all of them leave', async (t) => {
  for (let round = 0; round < 10; round++) {
    for (let n = 0; n < 5; n++) await enqueueSent(n)
    await age(91)
    const accepted = Array.from({ length: 5 }, (_, n) => enqueue({ to: to(n), text: `round ${round}` }))
    await Promise.all([purge(), ...accepted, purge()])
    const claimed = await claimAll()
    t.equal(claimed.length, 5, 'each lane is ready')
    for (const delivery of claimed) await settle(domain, delivery, sentOf(delivery))
  }
})
