import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { type LaneKey, lockFreeLanes, readyLanes } from './lane.ts'
import { type ChangedDelivery, tellTransitions } from './transition.ts'

const BATCH = 100

/** The broker's key makes a repetition harmless; Meta's Cloud API takes none, and would show the message twice. */
const MAY_REPEAT = sql`d.attempts < d.max_attempts and i.transport = 'baileys'`

interface StaleDelivery extends LaneKey {
  id: string
}

/**
 * Frees messages whose claim has ended: their worker died, or WhatsApp never acknowledged. They are queued again at
 * once, at the head of their lane; the same key and WhatsApp id make it one message on the phone. After the last
 * attempt, and those of Cloud API numbers after any, they fail as OUTCOME_UNKNOWN, because nobody knows: a person or a
 * late receipt decides.
 *
 * @returns how many were freed; with the full batch of 100 there may be more
 */
export async function recoverStale(dependencies: CommitDependencies): Promise<number> {
  const stale = await findStale(dependencies)
  if (stale.length === 0) return 0
  return commit(dependencies, async (work) => {
    // A lane that is held just now is being settled.
    const mine = await lockFreeLanes(work.transaction, stale)
    if (mine.length === 0) return 0
    const freed = await requeue(work, mine)
    await readyLanes(work.transaction, mine)
    await tellTransitions(
      work,
      freed.map((delivery) => ({ ...delivery, reason: delivery.error_code ?? 'CLAIM_ENDED' })),
    )
    return freed.length
  })
}

async function findStale({ db }: CommitDependencies): Promise<StaleDelivery[]> {
  return db
    .selectFrom('delivery')
    .select(['tenant_id as tenantId', 'id', 'instance_id as instanceId', 'lane'])
    .where('state', '=', 'SENDING')
    .where('claimed_until', '<', sql<Date>`now()`)
    .limit(BATCH)
    .execute()
}

/** Looked at again under the lanes' locks: it may have been settled meanwhile. */
async function requeue({ transaction }: UnitOfWork, stale: StaleDelivery[]): Promise<ChangedDelivery[]> {
  const { rows } = await sql<ChangedDelivery & { attempts: number; generation: number }>`
    with freed as (
      update delivery d set
        state = case when ${MAY_REPEAT} then 'QUEUED' else 'FAILED' end,
        settled_at = case when ${MAY_REPEAT} then null else now() end,
        error_code = case when ${MAY_REPEAT} then null else 'OUTCOME_UNKNOWN' end,
        error_message = case when ${MAY_REPEAT} then null
          else 'The last attempt was not answered: it may have been sent.' end,
        claimed_until = null, next_attempt_at = null, updated_at = now()
      from unnest(${stale.map((row) => row.tenantId)}::text[], ${stale.map((row) => row.id)}::uuid[],
        ${stale.map((row) => row.instanceId)}::text[]) as s (tenant_id, id, instance_id)
        join instance i on i.tenant_id = s.tenant_id and i.id = s.instance_id
      where d.tenant_id = s.tenant_id and d.id = s.id and d.state = 'SENDING' and d.claimed_until < now()
      returning d.*
    ), abandoned as (
      update delivery_attempt a set outcome = 'abandoned', finished_at = now()
      from freed where a.tenant_id = freed.tenant_id and a.delivery_id = freed.id and a.outcome = 'sending'
    )
    select * from freed`.execute(transaction)
  return rows
}
