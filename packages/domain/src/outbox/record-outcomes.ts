import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { afterFailure, type RetryPolicy } from './retry-policy.ts'
import type { Settlement, SettleResult } from './settle.ts'
import type { ChangedDelivery } from './transition.ts'

/** A delivery whose attempt ended, as its row came back. */
export interface SettledRow extends ChangedDelivery {
  state: Exclude<SettleResult['status'], 'stale'>
  lane: string
  /** Which of the settlements it was. */
  index: number
  /** WhatsApp, or the broker, has it. */
  taken: boolean
  /** The phone told of it before this answer did: that copy must go. */
  has_echo: boolean
}

/** What the row and its attempt become. */
interface Ending {
  index: number
  tenant_id: string
  id: string
  attempt: number
  generation: number
  state: SettledRow['state']
  taken: boolean
  provider_message_id: string | null
  /** 1 gives the attempt back: nothing failed. */
  unused: 0 | 1
  due_in_ms: number | null
  outcome: string
  fault: string | null
  error_code: string | null
  error_message: string | null
  response: unknown
}

/**
 * Ends attempts and moves their deliveries, with their lanes locked: only those whose claim is still this attempt's.
 *
 * @returns the deliveries that were this attempt's; the others went on without it
 */
export async function recordOutcomes(
  { transaction }: UnitOfWork,
  settlements: Settlement[],
  policy: RetryPolicy,
): Promise<SettledRow[]> {
  if (settlements.length === 0) return []
  const endings = settlements.map((settlement, index) => endingOf(settlement, index, policy))
  const { rows } = await sql<SettledRow>`
    with ending as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(endings)}::jsonb) as e (
        index int, tenant_id text, id uuid, attempt int, generation int, state text, taken boolean,
        provider_message_id text, unused int, due_in_ms float, outcome text, fault text, error_code text,
        error_message text, response jsonb)
    ), settled as (
      update delivery d set
        state = e.state, provider_message_id = coalesce(e.provider_message_id, d.provider_message_id),
        attempts = d.attempts - e.unused, next_attempt_at = now() + make_interval(secs => e.due_in_ms / 1000),
        claimed_until = case when e.state = 'SENDING' then d.claimed_until end,
        settled_at = case when e.state in ('SENT', 'FAILED') then now() end,
        error_code = e.error_code, error_message = e.error_message, updated_at = now()
      from ending e
      where d.tenant_id = e.tenant_id and d.id = e.id and d.state = 'SENDING'
        and d.attempts = e.attempt and d.generation = e.generation
      returning d.tenant_id, d.id, d.ticket_id, d.contact_id, d.instance_id, d.lane, d.state, d.provider_message_id,
        d.error_code, d.error_message, d.request_id, d.next_attempt_at, e.index, e.taken
    ), ended as (
      update delivery_attempt a set
        outcome = e.outcome, fault = e.fault, error_code = e.error_code, error_message = e.error_message,
        provider_response = e.response, next_attempt_at = s.next_attempt_at, finished_at = now()
      from settled s join ending e using (index)
      where a.tenant_id = e.tenant_id and a.delivery_id = e.id and a.generation = e.generation
        and a.number = e.attempt
    )
    select settled.*, taken and exists (
      select from message m
      where m.tenant_id = settled.tenant_id and m.instance_id = settled.instance_id and m.direction = 'outbound'
        and m.provider_message_id = settled.provider_message_id and m.id <> settled.id
    ) as has_echo
    from settled`.execute(transaction)
  return rows
}

function endingOf({ delivery, outcome }: Settlement, index: number, policy: RetryPolicy): Ending {
  const attempt = {
    index,
    tenant_id: delivery.tenantId,
    id: delivery.id,
    attempt: delivery.attempt,
    generation: delivery.generation,
    response: outcome.response ?? null,
  }
  if (outcome.status !== 'failed') {
    return {
      ...attempt,
      state: outcome.status === 'sent' ? 'SENT' : 'SENDING',
      taken: true,
      provider_message_id: outcome.providerMessageId,
      unused: 0,
      due_in_ms: null,
      outcome: outcome.status,
      fault: null,
      error_code: null,
      error_message: null,
    }
  }
  const { fault, code, message, retryAfterSeconds, next } = outcome
  const { attempt: attempts, maxAttempts, retryMinutes = policy.minutes } = delivery
  const then = afterFailure(
    { ...policy, minutes: retryMinutes },
    { fault, attempts, maxAttempts, retryAfterSeconds, next },
  )
  return {
    ...attempt,
    state: then.next === 'fail' ? 'FAILED' : 'QUEUED',
    taken: false,
    provider_message_id: null,
    unused: then.next === 'wait' ? 1 : 0,
    due_in_ms: then.next === 'fail' ? null : then.afterMs,
    outcome: then.next === 'wait' ? 'waiting' : 'failed',
    fault,
    error_code: code,
    error_message: message,
  }
}
