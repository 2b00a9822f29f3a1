import type { Fault } from '@carteiro/contracts/delivery'
import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { absorbEcho } from './absorb-echo.ts'
import type { ClaimedDelivery } from './claim.ts'
import { applyEarlyNews } from './early-news.ts'
import { type LaneKey, lockLanes, readyLanes } from './lane.ts'
import { type AfterFailure, afterFailure, type Failure, type RetryPolicy } from './retry-policy.ts'
import { type ChangedDelivery, tellTransitions } from './transition.ts'

/** How an attempt ended, as the channel told it. */
export type AttemptOutcome = AttemptTaken | AttemptFailed

/** `sent`: WhatsApp's server acknowledged it. `pending`: it was handed over, and no acknowledgement came yet. */
export interface AttemptTaken {
  status: 'sent' | 'pending'
  providerMessageId: string
  response: unknown
}

export interface AttemptFailed {
  status: 'failed'
  fault: Fault
  code: string
  message: string
  /** The channel asked to be left alone for so long. */
  retryAfterSeconds?: number | undefined
  /** What follows where the fault would say otherwise; see `Failure`. */
  next?: Failure['next']
  response?: unknown
}

/**
 * What was recorded. `stale`: the claim had ended and the delivery went on without this attempt; its outcome
 * changes nothing (the broker's ledger keeps it from showing twice).
 */
export type SettleResult = { status: 'SENT' | 'SENDING' | 'QUEUED' | 'FAILED' | 'stale' }

/**
 * Records how an attempt ended: SENT, QUEUED for later, FAILED; `pending` leaves it SENDING until its claim ends.
 * One conditional UPDATE decides; the lane's next head is readied in the same transaction.
 */
export async function settle(
  dependencies: CommitDependencies & { retryPolicy: RetryPolicy },
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome,
): Promise<SettleResult> {
  return commit(dependencies, async (work) => {
    const lane: LaneKey = delivery
    await lockLanes(work.transaction, [lane])
    if (outcome.status === 'pending') return keepSending(work, delivery, outcome)
    const changed =
      outcome.status === 'failed'
        ? await recordFailure(work, delivery, outcome, decide(dependencies.retryPolicy, delivery, outcome))
        : await recordSent(work, delivery, outcome.providerMessageId)
    if (!changed) return { status: 'stale' }
    await readyLanes(work.transaction, [lane])
    await endAttempt(work, delivery, outcome, changed.next_attempt_at)
    if (outcome.status !== 'failed') await absorbEcho(work, changed)
    await tellTransitions(work, [changed])
    if (outcome.status !== 'failed') await applyEarlyNews(work, changed)
    return { status: changed.state as 'SENT' | 'QUEUED' | 'FAILED' }
  })
}

const decide = (
  policy: RetryPolicy,
  { attempt, maxAttempts }: ClaimedDelivery,
  { fault, retryAfterSeconds, next }: AttemptFailed,
) => afterFailure(policy, { fault, attempts: attempt, maxAttempts, retryAfterSeconds, next })

type SettledRow = ChangedDelivery & { next_attempt_at: Date | null }

async function keepSending(
  work: UnitOfWork,
  delivery: ClaimedDelivery,
  outcome: AttemptTaken,
): Promise<SettleResult> {
  const { rows } = await sql<ChangedDelivery>`
    update delivery set provider_message_id = ${outcome.providerMessageId}, updated_at = now()
    where ${isThisAttempt(delivery)} returning *`.execute(work.transaction)
  const [changed] = rows
  if (!changed) return { status: 'stale' }
  await endAttempt(work, delivery, outcome, null)
  await absorbEcho(work, changed)
  await applyEarlyNews(work, changed)
  return { status: 'SENDING' }
}

async function recordSent(
  { transaction }: UnitOfWork,
  delivery: ClaimedDelivery,
  providerMessageId: string,
): Promise<SettledRow | undefined> {
  const { rows } = await sql<SettledRow>`
    update delivery set state = 'SENT', provider_message_id = ${providerMessageId},
      claimed_until = null, settled_at = now(), updated_at = now()
    where ${isThisAttempt(delivery)} returning *`.execute(transaction)
  return rows[0]
}

async function recordFailure(
  { transaction }: UnitOfWork,
  delivery: ClaimedDelivery,
  { code, message }: { code: string; message: string },
  then: AfterFailure,
): Promise<SettledRow | undefined> {
  const dueInMs = then.next === 'fail' ? null : then.afterMs
  const { rows } = await sql<SettledRow>`
    update delivery set
      state = ${then.next === 'fail' ? 'FAILED' : 'QUEUED'},
      attempts = attempts - ${then.next === 'wait' ? 1 : 0},
      next_attempt_at = now() + make_interval(secs => ${dueInMs === null ? null : dueInMs / 1000}),
      settled_at = case when ${then.next === 'fail'} then now() end,
      claimed_until = null, error_code = ${code}, error_message = ${message}, updated_at = now()
    where ${isThisAttempt(delivery)} returning *`.execute(transaction)
  return rows[0]
}

const isThisAttempt = ({ tenantId, id, attempt, generation }: ClaimedDelivery) => sql`
  tenant_id = ${tenantId} and id = ${id} and state = 'SENDING' and attempts = ${attempt} and generation = ${generation}`

async function endAttempt(
  { transaction }: UnitOfWork,
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome,
  nextAttemptAt: Date | null,
): Promise<void> {
  const failure = outcome.status === 'failed' ? outcome : undefined
  await transaction
    .updateTable('delivery_attempt')
    .set({
      outcome: failure?.fault === 'waiting' || failure?.next === 'wait' ? 'waiting' : outcome.status,
      fault: failure?.fault ?? null,
      error_code: failure?.code ?? null,
      error_message: failure?.message ?? null,
      provider_response: outcome.response === undefined ? null : JSON.stringify(outcome.response),
      next_attempt_at: nextAttemptAt,
      finished_at: sql`now()`,
    })
    .where('tenant_id', '=', delivery.tenantId)
    .where('delivery_id', '=', delivery.id)
    .where('generation', '=', delivery.generation)
    .where('number', '=', delivery.attempt)
    .execute()
}
