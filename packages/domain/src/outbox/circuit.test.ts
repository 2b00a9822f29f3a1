import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { recordConnection } from '../instances/record-connection.ts'
import { envelopeBase } from '../testing/envelopes.ts'
import { BROKEN, onlyOne, openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import type { ClaimedDelivery } from './claim.ts'
import { readNextDue } from './due.ts'
import { readNotReady } from './read-readiness.ts'
import { type AttemptOutcome, settle, settleAll } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll, read } = openOutbox(domain)
const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
const to = (n: number) => `+55119111100${10 + n}`

const isOpen = async () => (await readNotReady(db, instance))?.status === 'circuit_open'

const settleEach = (claimed: ClaimedDelivery[], outcome: AttemptOutcome) =>
  settleAll(
    domain,
    claimed.map((delivery) => ({ delivery, outcome })),
  )
const pass = (seconds: number) =>
  sql`update instance_circuit set
    open_until = open_until - make_interval(secs => ${seconds}), probe_until = probe_until - make_interval(secs => ${seconds}),
    failed_at = (select array_agg(f - make_interval(secs => ${seconds})) from unnest(failed_at) f)`.execute(
    db,
  )
const told = async () => {
  const rows = await db
    .selectFrom('event')
    .select('type')
    .where('type', 'like', 'whatsapp.circuit%')
    .orderBy('seq')
    .execute()
  return rows.map(({ type }) => type)
}
const OPEN = 'whatsapp.circuit_breaker.open'
const CLOSED = 'whatsapp.circuit_breaker.closed'

async function open(): Promise<void> {
  for (let n = 0; n < 5; n++) await enqueue({ to: to(n) })
  await settleEach(await claimAll(5), BROKEN)
}

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_circuit, event cascade`.execute(
    db,
  )
})

t.test(
  'five failures of the channel within a minute open the circuit: the others wait, and none fails',
  async (t) => {
    const waiting = [await enqueue({ to: to(8), priority: 2 }), await enqueue({ to: to(9), priority: 2 })]
    await open()
    t.equal(await isOpen(), true)
    t.same(await claimAll(), [])
    for (const id of waiting) t.match(await read(id), { status: 'QUEUED', attemptCount: 0, attempts: [] })
    t.same(await told(), [OPEN])
    const inMs = (await readNextDue(db, instance)) ?? 0
    t.ok(inMs > 110_000 && inMs <= 120_000, String(inMs))
  },
)

t.test('four failures do not open it, nor five over a longer time', async (t) => {
  for (let n = 0; n < 5; n++) await enqueue({ to: to(n) })
  await settleEach(await claimAll(4), BROKEN)
  await pass(61)
  await settleEach(await claimAll(4), BROKEN)
  t.equal(await isOpen(), false)
  t.same(await told(), [])
})

t.test('what a recipient or we ourselves are to blame for does not open it', async (t) => {
  for (let n = 0; n < 10; n++) await enqueue({ to: to(n) })
  const claimed = await claimAll(10)
  await settleEach(claimed.slice(0, 5), { ...BROKEN, fault: 'message' })
  await settleEach(claimed.slice(5), { ...BROKEN, fault: 'waiting' })
  t.equal(await isOpen(), false)
})

t.test('after two minutes one message tries, and its success lets the others go', async (t) => {
  await open()
  const ids = [await enqueue({ to: to(7) }), await enqueue({ to: to(8) }), await enqueue({ to: to(9) })]
  await pass(121)
  const tries = (await Promise.all([claimAll(), claimAll(), claimAll()])).flat()
  const probe = onlyOne(tries)
  t.same(await claimAll(), [], 'nobody else tries meanwhile')
  await settle(domain, probe, sentOf(probe))
  t.equal((await claimAll()).length, ids.length - 1)
  t.same(await told(), [OPEN, CLOSED])
})

t.test('a try that fails opens it again', async (t) => {
  await open()
  await enqueue({ to: to(8) })
  await pass(121)
  await settle(domain, onlyOne(await claimAll()), BROKEN)
  t.equal(await isOpen(), true)
  t.same(await claimAll(), [])
  t.same(await told(), [OPEN, OPEN])
})

t.test('a try that says nothing of the channel lets another one try', async (t) => {
  await open()
  await enqueue({ to: to(8) })
  await enqueue({ to: to(9) })
  await pass(121)
  await settle(domain, onlyOne(await claimAll()), { ...BROKEN, fault: 'waiting' })
  onlyOne(await claimAll())
  t.same(await told(), [OPEN])
})

t.test('an instance that connects again drains at once', async (t) => {
  await enqueue({ to: to(8), priority: 2 })
  await enqueue({ to: to(9), priority: 2 })
  await open()
  await commit(domain, (work) =>
    recordConnection(work, {
      ...envelopeBase(),
      kind: 'connection',
      status: 'connected',
      connected: true,
      phone: null,
      lid: null,
      reason: null,
      timestamp: new Date().toISOString(),
    }),
  )
  t.equal((await claimAll()).length, 2)
  t.same(await told(), [OPEN, CLOSED])
})

t.test('the circuit of one instance is nothing to another', async (t) => {
  await open()
  const other = { tenantId: 'other', instanceId: 'other-phone' }
  await enqueue(other)
  t.equal((await claimAll(50, other)).length, 1)
})
