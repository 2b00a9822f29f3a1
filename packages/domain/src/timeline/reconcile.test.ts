import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessages } from '../messages/save-message.ts'
import { queueMessage } from '../outbox/queue-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { findUnreconciled, reconcileNext } from './reconcile.ts'
import { readReconciliation, requestReconciliation } from './reconciliation.ts'

const domain = await startDomain(t)
const { db } = domain

const hour = (n: number) => new Date(Date.UTC(2026, 2, 2, n)).toISOString()
const write = (phone: string, ...hours: number[]) =>
  commit(domain, (work) =>
    saveMessages(
      work,
      hours.map((n) => messageEnvelope({ phone, text: `at ${n}`, timestamp: hour(n) })),
    ),
  )

const phones = Array.from({ length: 7 }, (_, n) => `+551193333100${n}`)
for (const phone of phones) {
  await write(phone, 9, 8, 10)
  await queueMessage(domain, outboundRequest({ to: phone, text: 'Answer' }))
}

t.same(await findUnreconciled(db), ['acme', 'other'], 'every tenant has its place')

const readTickets = async () => {
  const { rows } = await sql<{
    id: string
    row: string
  }>`select id, to_jsonb(t)::text as row from ticket t order by id`.execute(db)
  return rows
}
const readSides = async () => {
  const { rows } = await sql<{ sides: string }>`
    select jsonb_build_array(id, first_inbound_at, last_inbound_at, first_outbound_at, last_outbound_at)::text as sides
    from ticket order by id`.execute(db)
  return rows.map(({ sides }) => sides)
}
const eventsOf = async (type: string) =>
  (await db.selectFrom('event').selectAll().where('type', '=', type).orderBy('seq').execute()).map(
    ({ payload }) => payload,
  )

/** Runs to its end, in parts of so many tickets. */
async function run(batch = 3, tenantId = 'acme') {
  for (;;) {
    const step = await reconcileNext(domain, tenantId, batch)
    if (step.status !== 'more') return step
  }
}

const damage = (ids: string[]) =>
  sql`update ticket set first_inbound_at = now(), last_inbound_at = null, last_outbound_at = '2020-01-01'
    where id = any(${ids}::uuid[])`.execute(db)

t.test('tickets that say what their messages say are left as they are', async (t) => {
  const before = await readTickets()
  t.match(await run(), { status: 'finished', tickets: 7, repaired: 0 })
  t.same(await readTickets(), before)
  t.same(await eventsOf('ticket.updated'), [])
})

t.test(
  'what is damaged is repaired, is told of, and nothing else is touched; once more changes nothing',
  async (t) => {
    const [before, sides] = [await readTickets(), await readSides()]
    const [first, , third] = before.map(({ id }) => id)
    await damage([first ?? '', third ?? ''])
    t.match(await run(), { tickets: 7, repaired: 2 })
    t.same(await readSides(), sides)
    const after = await readTickets()
    const others = before.filter(({ id }) => id !== first && id !== third)
    t.same(
      after.filter(({ id }) => id !== first && id !== third),
      others,
    )
    const told = await eventsOf('ticket.updated')
    t.match(told, [
      { ticketId: first, timeline: { firstInboundAt: hour(8), lastInboundAt: hour(10) } },
      { ticketId: third },
    ])
    t.match((await eventsOf('whatsapp.timeline.reconciled')).at(-1), {
      tenantId: 'acme',
      tickets: 7,
      repaired: 2,
    })
    t.match(await run(), { tickets: 7, repaired: 0 })
    t.same(await readTickets(), after)
  },
)

t.test('a run that was broken off goes on where it was', async (t) => {
  const ids = (await readTickets()).map(({ id }) => id)
  await damage(ids)
  t.match(await reconcileNext(domain, 'acme', 4), { status: 'more', tickets: 4, repaired: 4 })
  await sql`update timeline_reconciliation set requested_at = null`.execute(db)
  t.ok((await findUnreconciled(db)).includes('acme'))
  t.match(await reconcileNext(domain, 'acme', 4), { status: 'finished', tickets: 7, repaired: 7 })
})

t.test('two workers share a run and repair each ticket once', async (t) => {
  await damage((await readTickets()).map(({ id }) => id))
  const told = (await eventsOf('ticket.updated')).length
  let isDone = false
  const both = async () => {
    while (!isDone) isDone = (await reconcileNext(domain, 'acme', 1)).status === 'finished' || isDone
  }
  await Promise.all([both(), both()])
  t.equal((await eventsOf('ticket.updated')).length, told + 7)
})

t.test('messages that are stored meanwhile are not undone', async (t) => {
  const ids = (await readTickets()).map(({ id }) => id)
  await damage(ids)
  const writing = (async () => {
    for (let n = 11; n < 21; n++) for (const phone of phones) await write(phone, n)
  })()
  const runs = (async () => {
    for (let n = 0; n < 5; n++) await run(2)
  })()
  await Promise.all([writing, runs])
  t.match(await run(), { repaired: 0 })
  const rows = await db.selectFrom('ticket').select('last_inbound_at').execute()
  t.ok(rows.every(({ last_inbound_at: at }) => at?.toISOString() === hour(20)))
})

t.test('a tenant is due at first, once a night, and when somebody asks', async (t) => {
  await sql`delete from timeline_reconciliation`.execute(db)
  t.same(await findUnreconciled(db), ['acme', 'other'])
  await run(10, 'acme')
  await run(10, 'other')
  t.same(await findUnreconciled(db), [])
  await sql`update timeline_reconciliation set started_at = now() - interval '25 hours' where tenant_id = 'other'`.execute(
    db,
  )
  t.same(await findUnreconciled(db), ['other'])
  const act = { tenantId: 'acme', actor: 'test', requestId: 'request-1' }
  t.match(await requestReconciliation(domain, act), { requestedAt: /^20/, finishedAt: /^20/ })
  t.same(await findUnreconciled(db), ['acme', 'other'])
  await run(10, 'acme')
  t.same(await findUnreconciled(db), ['other'])
  t.match(await readReconciliation(db, 'acme'), { tickets: 7, repaired: 0, finishedAt: /^20/ })
})
