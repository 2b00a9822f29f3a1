import { Intent } from '@carteiro/contracts/intent'
import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { blockedByPolicy, type ClaimedForPurpose } from './blocked-by-policy.ts'
import { readyLanes } from './lane.ts'
import { tellTransitions } from './transition.ts'

/** A message that this worker alone may send, until its claim ends. */
export interface ClaimedDelivery {
  tenantId: string
  id: string
  instanceId: string
  lane: string
  recipient: string
  intent: Intent
  generation: number
  /** Of the idempotency key that it goes out under: stays where a retry must not show twice. */
  keyGeneration: number
  attempt: number
  maxAttempts: number
  requestId: string | null
}

export interface ClaimRequest {
  tenantId: string
  instanceId: string
  limit: number
  claimSeconds: number
}

interface ClaimedRow extends ClaimedForPurpose {
  lane: string
  recipient: string
  payload: unknown
  generation: number
  key_generation: number
  attempts: number
  max_attempts: number
}

/**
 * Claims the heads of an instance's ready lanes: QUEUED becomes SENDING, an attempt begins. Nothing is claimed while
 * the instance is not connected, so that waiting uses no attempt. Workers skip each other's locked lanes.
 */
export async function claim(
  dependencies: CommitDependencies,
  request: ClaimRequest,
): Promise<ClaimedDelivery[]> {
  return commit(dependencies, async (work) => {
    const lanes = await lockReadyLanes(work, request)
    if (lanes.length === 0) return []
    const rows = await blockedByPolicy(work, await claimHeads(work, request, lanes))
    const { tenantId, instanceId } = request
    await readyLanes(
      work.transaction,
      lanes.map((lane) => ({ tenantId, instanceId, lane })),
    )
    const claimed = rows.filter(({ state }) => state === 'SENDING')
    await beginAttempts(work, claimed)
    await tellTransitions(work, rows)
    return claimed.map(toClaimed)
  })
}

/** `now()`, not `clock_timestamp()`: only the first can be a condition of the index. */
async function lockReadyLanes(
  { transaction }: UnitOfWork,
  { tenantId, instanceId, limit }: ClaimRequest,
): Promise<string[]> {
  const { rows } = await sql<{ lane: string }>`
    select lane from lane
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and ready_at <= now()
      and exists (select from instance where tenant_id = ${tenantId} and id = ${instanceId} and connected)
    order by ready_at limit ${limit} for update skip locked`.execute(transaction)
  return rows.map((row) => row.lane)
}

async function claimHeads(
  { transaction }: UnitOfWork,
  { tenantId, instanceId, claimSeconds }: ClaimRequest,
  lanes: string[],
): Promise<ClaimedRow[]> {
  const { rows } = await sql<ClaimedRow>`
    update delivery d set
      state = 'SENDING', attempts = d.attempts + 1, next_attempt_at = null, error_code = null, error_message = null,
      claimed_until = now() + make_interval(secs => ${claimSeconds}), updated_at = now()
    from unnest(${lanes}::text[]) as l (lane) cross join lateral (
      select id from delivery
      where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = l.lane
        and state in ('QUEUED', 'SENDING')
      order by position limit 1
    ) head
    where d.tenant_id = ${tenantId} and d.id = head.id and d.state = 'QUEUED'
    returning d.*`.execute(transaction)
  return rows
}

/** A try that waited used no attempt: the next one takes over its number. */
async function beginAttempts({ transaction }: UnitOfWork, claimed: ClaimedRow[]): Promise<void> {
  if (claimed.length === 0) return
  await transaction
    .insertInto('delivery_attempt')
    .values(
      claimed.map((row) => ({
        tenant_id: row.tenant_id,
        delivery_id: row.id,
        generation: row.generation,
        number: row.attempts,
        outcome: 'sending',
        fault: null,
        error_code: null,
        error_message: null,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'delivery_id', 'generation', 'number']).doUpdateSet({
        outcome: 'sending',
        fault: null,
        error_code: null,
        error_message: null,
        provider_response: null,
        next_attempt_at: null,
        started_at: sql`now()`,
        finished_at: null,
      }),
    )
    .execute()
}

function toClaimed(row: ClaimedRow): ClaimedDelivery {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    instanceId: row.instance_id,
    lane: row.lane,
    recipient: row.recipient,
    intent: Intent.parse(row.payload),
    generation: row.generation,
    keyGeneration: row.key_generation,
    attempt: row.attempts,
    maxAttempts: row.max_attempts,
    requestId: row.request_id,
  }
}
