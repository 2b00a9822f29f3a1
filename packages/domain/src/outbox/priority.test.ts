import { sql } from 'kysely'
import t from 'tap'
import { openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { readNextDue } from './due.ts'
import { settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll } = openOutbox(domain)
const to = (n: number) => `+551191111000${n}`

const setTenant = (settings: object) =>
  db
    .updateTable('tenant')
    .set({ settings: JSON.stringify({ pace: { perMinute: 0, firstContactsPerDay: 0 }, ...settings }) })
    .where('id', '=', 'acme')
    .execute()

async function drain(limit = 50): Promise<string[]> {
  const ids: string[] = []
  for (let claimed = await claimAll(limit); claimed.length > 0; claimed = await claimAll(limit)) {
    for (const delivery of claimed) {
      ids.push(delivery.id)
      await settle(domain, delivery, sentOf(delivery))
    }
  }
  return ids
}

t.afterEach(async () => {
  await setTenant({})
  await sql`truncate delivery, delivery_attempt, delivery_history, lane cascade`.execute(db)
})

t.test('a reply leaves before a campaign that was accepted earlier, a service message between', async (t) => {
  const campaign = [
    await enqueue({ to: to(1), purpose: 'marketing' }),
    await enqueue({ to: to(2), priority: 2 }),
  ]
  const service = await enqueue({ to: to(3) })
  const reply = await enqueue({ to: to(4), priority: 0 })
  t.same(await drain(1), [reply, service, ...campaign])
})

t.test('urgency orders lanes and never the messages of one: the lane goes ahead as a whole', async (t) => {
  const other = await enqueue({ to: to(1) })
  const campaign = await enqueue({ to: to(2), priority: 2 })
  const reply = await enqueue({ to: to(2), priority: 0 })
  t.same(await drain(1), [campaign, reply, other])
})

t.test('a lane whose urgent message has left ranks by what is left', async (t) => {
  const reply = await enqueue({ to: to(1), priority: 0 })
  const campaign = await enqueue({ to: to(1), priority: 2 })
  const service = await enqueue({ to: to(2) })
  t.same(await drain(1), [reply, service, campaign])
})

/** Hours that are over by the database's clock, in the tenant's time zone. */
async function quietNow(timezone: string): Promise<{ from: string; to: string }> {
  const { rows } = await sql<{ opens: string; closes: string }>`
    select to_char(now() at time zone ${timezone} + interval '2 hours', 'HH24:MI') as opens,
      to_char(now() at time zone ${timezone} + interval '3 hours', 'HH24:MI') as closes`.execute(db)
  const [row] = rows
  if (!row) throw new Error('no clock')
  return { from: row.opens, to: row.closes }
}

t.test('in quiet hours campaigns wait for their time, and nothing else does', async (t) => {
  const timezone = 'America/Sao_Paulo'
  await setTenant({ timezone, hours: await quietNow(timezone) })
  const campaign = await enqueue({ to: to(1), purpose: 'marketing' })
  const service = await enqueue({ to: to(2) })
  t.same(await drain(), [service])
  const inMs = (await readNextDue(db, { tenantId: 'acme', instanceId: 'acme-phone' })) ?? 0
  t.ok(inMs > 3_600_000 && inMs <= 7_200_000, String(inMs))
  await setTenant({ timezone, hours: { from: '00:00', to: '23:59' } })
  await setTenant({})
  t.same(await drain(), [campaign])
})

t.test('a reply does not wait for the end of quiet hours behind a campaign of its own lane', async (t) => {
  await setTenant({ hours: await quietNow('UTC') })
  const campaign = await enqueue({ to: to(1), purpose: 'marketing' })
  const reply = await enqueue({ to: to(1), priority: 0 })
  t.same(await drain(), [campaign, reply])
})

t.test('marketing cannot be made urgent', async (t) => {
  await enqueue({ to: to(1), purpose: 'marketing', priority: 0 })
  const rows = await db.selectFrom('delivery').select('priority').execute()
  t.same(rows, [{ priority: 2 }])
})
