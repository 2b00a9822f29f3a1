import assert from 'node:assert/strict'
import { DeliveryState, mayBecome } from '@carteiro/contracts/delivery'
import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { sentOf } from '../testing/outbox.ts'
import { actOnOutbox, endWaits, outboxActs } from '../testing/outbox-acts.ts'
import { startDomain } from '../testing/start-domain.ts'
import { recoverStale } from './recover.ts'
import { settleAll } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain

/** A slow machine tries fewer histories. */
const BUDGET_MS = 20_000

type Outbox = ReturnType<typeof actOnOutbox>

/** Positions of every round of every message: an operator's retry gives it another one. */
async function notePositions(positions: Map<string, number>): Promise<void> {
  const rows = await db.selectFrom('delivery').select(['id', 'generation', 'position']).execute()
  for (const row of rows)
    if (row.position !== null) positions.set(`${row.id}:${row.generation}`, row.position)
}

/** Until nothing waits: every worker lives, and the channel takes everything. */
async function drain(outbox: Outbox): Promise<void> {
  for (let round = 0; round < 100; round++) {
    await sql`update delivery set claimed_until = now() - interval '1 second' where state = 'SENDING'`.execute(
      db,
    )
    await recoverStale(domain)
    await endWaits(domain)
    const claimed = await outbox.claim(10)
    const { rows } = await sql<{ open: number }>`
      select count(*) as open from delivery where state in ('QUEUED', 'SENDING')`.execute(db)
    if (rows[0]?.open === 0) return
    const settlements = claimed.map((delivery) => ({ delivery, outcome: sentOf(delivery) }))
    if (settlements.length > 0) await settleAll(domain, settlements)
  }
  assert.fail('messages are stuck')
}

function keepsOrder({ claims }: Outbox, positions: Map<string, number>): void {
  for (const [lane, ofLane] of Map.groupBy(claims, (delivery) => delivery.lane)) {
    const order = ofLane
      .map(({ id, generation }) => positions.get(`${id}:${generation}`))
      .filter((n) => n !== undefined)
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      `lane ${lane} left out of order`,
    )
  }
}

async function endsWell({ ids, cancelled }: Outbox): Promise<void> {
  const deliveries = await db.selectFrom('delivery').selectAll().execute()
  assert.equal(deliveries.length, ids.length)
  const messages = await db
    .selectFrom('message')
    .select(['id', 'state'])
    .where('direction', '=', 'outbound')
    .execute()
  const stateOf = new Map(messages.map(({ id, state }) => [id, state]))
  for (const { id, state } of deliveries) {
    assert.ok(['SENT', 'DELIVERED', 'READ', 'FAILED', 'CANCELLED'].includes(state), `${id} ends ${state}`)
    assert.equal(stateOf.get(id), state, 'the message says what the delivery says')
    assert.equal(state === 'CANCELLED', cancelled.has(id), 'cancelled is for good')
  }
  const lanes = await db.selectFrom('lane').select(['ready_at', 'claimed_until']).execute()
  for (const lane of lanes)
    assert.deepEqual(lane, { ready_at: null, claimed_until: null }, 'an empty lane sleeps')
}

async function countsAttempts(): Promise<void> {
  const { rows } = await sql<{ id: string; attempts: number; made: number }>`
    select d.id, d.attempts, count(a.number)::int as made from delivery d left join delivery_attempt a
      on a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.generation = d.generation and a.outcome <> 'waiting'
    group by d.tenant_id, d.id`.execute(db)
  for (const { id, attempts, made } of rows) assert.equal(attempts, made, `attempts of ${id}`)
}

async function goesForward(): Promise<void> {
  const rows = await db
    .selectFrom('delivery_history')
    .select(['delivery_id', 'state'])
    .orderBy('number')
    .execute()
  const events = await sql<{ id: string; status: string }>`
    select payload ->> 'messageId' as id, payload ->> 'status' as status from event
    where type = 'message.status.changed' order by seq`.execute(db)
  const told = Map.groupBy(events.rows, ({ id }) => id)
  for (const [id, history] of Map.groupBy(rows, (row) => row.delivery_id)) {
    const states = history.map(({ state }) => DeliveryState.parse(state))
    assert.equal(states[0], 'QUEUED')
    for (const [n, to] of states.slice(1).entries()) {
      assert.ok(mayBecome(states[n] ?? 'QUEUED', to), `${id} went from ${states[n]} to ${to}`)
    }
    assert.deepEqual(
      (told.get(id) ?? []).map(({ status }) => status),
      states.slice(1),
      'every state is an event, in order',
    )
  }
}

t.test('whatever happens, in any order and at once, the outbox keeps its promises', async (t) => {
  const endsAt = performance.now() + BUDGET_MS
  // Up to three acts at a time, one group after another.
  const histories = fc.array(fc.array(outboxActs, { minLength: 1, maxLength: 3 }), {
    minLength: 5,
    maxLength: 25,
  })
  await t.resolves(
    fc.assert(
      fc.asyncProperty(histories, async (groups) => {
        if (performance.now() > endsAt) return
        await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_circuit, event, early_receipt,
          message_receipt, message, ticket cascade`.execute(db)
        const outbox = actOnOutbox(domain)
        const positions = new Map<string, number>()
        for (const group of groups) {
          await Promise.all(group.map(outbox.perform))
          await notePositions(positions)
        }
        await drain(outbox)
        keepsOrder(outbox, positions)
        await endsWell(outbox)
        await countsAttempts()
        await goesForward()
      }),
      { numRuns: 40, endOnFailure: true, includeErrorInReport: true },
    ),
  )
})
