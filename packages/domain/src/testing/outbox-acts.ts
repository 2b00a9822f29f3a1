import { inTransaction } from '@carteiro/database/in-transaction'
import fc from 'fast-check'
import { sql } from 'kysely'
import { commit } from '../events/unit-of-work.ts'
import { cancelDelivery } from '../outbox/cancel-delivery.ts'
import type { ClaimedDelivery } from '../outbox/claim.ts'
import { recordReceipt } from '../outbox/receipts.ts'
import { recoverStale } from '../outbox/recover.ts'
import { retryDelivery } from '../outbox/retry-delivery.ts'
import { type AttemptOutcome, settleAll } from '../outbox/settle.ts'
import { statusEnvelope } from './envelopes.ts'
import { openOutbox, sentOf } from './outbox.ts'
import type { TestDomain } from './start-domain.ts'

/** What may happen to an outbox, in any order and at once. `which` chooses among what is there then. */
export type OutboxAct =
  | { act: 'enqueue'; lane: number; priority: 0 | 1 | 2 }
  | { act: 'claim'; limit: number }
  | { act: 'settle'; which: number[]; answer: Answer }
  | { act: 'receipt'; which: number; status: 'SENT' | 'DELIVERED' | 'READ' | 'FAILED' }
  /** Every worker dies; their claims end and are recovered. */
  | { act: 'crash' }
  /** So much time passes that every wait is over. */
  | { act: 'wait' }
  | { act: 'cancel'; which: number }
  | { act: 'retry'; which: number }

type Answer = 'sent' | 'pending' | 'message' | 'channel' | 'unknown' | 'waiting'

const which = fc.nat(50)

export const outboxActs: fc.Arbitrary<OutboxAct> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('enqueue' as const),
      lane: fc.nat(2),
      priority: fc.constantFrom(0 as const, 1 as const, 2 as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('settle' as const),
      which: fc.array(which, { minLength: 1, maxLength: 3 }),
      answer: fc.constantFrom<Answer>('sent', 'pending', 'message', 'channel', 'unknown', 'waiting'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('receipt' as const),
      which,
      status: fc.constantFrom('SENT' as const, 'DELIVERED' as const, 'READ' as const, 'FAILED' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ act: 'crash' as const }) },
  { weight: 2, arbitrary: fc.constant({ act: 'wait' as const }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('retry' as const), which }) },
)

const person = { tenantId: 'acme', actor: 'test', requestId: 'request-1' }

/** Does acts to the outbox of `acme-phone`, and keeps what workers and people would have seen. */
export function actOnOutbox(domain: TestDomain) {
  const { enqueue, claimAll } = openOutbox(domain)
  const ids: string[] = []
  const held: ClaimedDelivery[] = []
  const claims: ClaimedDelivery[] = []
  const cancelled = new Set<string>()
  const pick = <Item>(items: Item[], n: number): Item | undefined => items[n % Math.max(1, items.length)]

  const claim = async (limit: number) => {
    const claimed = await claimAll(limit)
    for (const delivery of claimed) {
      claims.push(delivery)
      held.push(delivery)
    }
    return claimed
  }

  const perform = async (one: OutboxAct): Promise<void> => {
    const id = 'which' in one && typeof one.which === 'number' ? pick(ids, one.which) : undefined
    switch (one.act) {
      case 'enqueue': {
        const { lane, priority } = one
        ids.push(await enqueue({ to: `+551191111000${lane}`, priority, maxAttempts: 2 }))
        return
      }
      case 'claim':
        await claim(one.limit)
        return
      case 'settle': {
        const chosen = new Set(
          one.which.map((n) => pick(held, n)).filter((delivery) => delivery !== undefined),
        )
        if (chosen.size > 0) {
          await settleAll(
            domain,
            [...chosen].map((delivery) => ({ delivery, outcome: outcomeOf(delivery, one.answer) })),
          )
        }
        return
      }
      case 'receipt':
        if (id !== undefined) await receive(domain, id, one.status)
        return
      case 'crash':
        await endClaims(domain)
        await recoverStale(domain)
        return
      case 'wait':
        return endWaits(domain)
      case 'cancel':
        if (id !== undefined && (await cancelDelivery(domain, { ...person, id })).status === 'done')
          cancelled.add(id)
        return
      case 'retry':
        if (id !== undefined) await retryDelivery(domain, { ...person, id })
        return
      default:
        return one satisfies never
    }
  }

  return { perform, claim, ids, claims, cancelled }
}

function outcomeOf(delivery: ClaimedDelivery, answer: Answer): AttemptOutcome {
  if (answer === 'sent') return sentOf(delivery)
  if (answer === 'pending') return { ...sentOf(delivery), status: 'pending' }
  return { status: 'failed', fault: answer, code: answer.toUpperCase(), message: answer }
}

const receive = (domain: TestDomain, id: string, status: 'SENT' | 'DELIVERED' | 'READ' | 'FAILED') =>
  commit(domain, (work) =>
    recordReceipt(work, statusEnvelope({ providerMessageId: `3EB0-${id}`, deliveryId: id, status })),
  )

/** In lane order, as everyone locks. */
const underAllLanes = (domain: TestDomain, statements: ReturnType<typeof sql>[]) =>
  inTransaction(domain.db, async (transaction) => {
    await sql`select from lane order by tenant_id, instance_id, lane for update`.execute(transaction)
    for (const statement of statements) await statement.execute(transaction)
  })

const endClaims = (domain: TestDomain) =>
  underAllLanes(domain, [
    sql`update delivery set claimed_until = now() - interval '1 second' where state = 'SENDING'`,
  ])

/** Of messages, lanes and the circuit. */
export const endWaits = (domain: TestDomain): Promise<void> =>
  underAllLanes(domain, [
    sql`update delivery set next_attempt_at = null where state = 'QUEUED'`,
    sql`update lane set ready_at = now() where ready_at > now()`,
    sql`update instance_circuit set open_until = now() - interval '1 second', probe_until = null where open_until is not null`,
  ])
