import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import type { InstanceKey } from './gate.ts'
import { type LaneKey, lockFreeLanes, readyLanes } from './lane.ts'
import { type ChangedDelivery, tellTransitions } from './transition.ts'

const BATCH = 100

/** The broker's key makes a repetition harmless; Meta's Cloud API takes none, and would show the message twice. */
const MAY_REPEAT = sql`(d.attempts < d.max_attempts and i.transport = 'baileys')`
/** It was offered, and no adapter acknowledged that it has it: nothing can have left. */
const UNTAKEN = sql`(i.delivery = 'pull' and o.generation is not distinct from d.generation
  and o.attempt is not distinct from d.attempts and o.acked_seq is distinct from o.seq)`

/** Why an offer came back. */
const NOT_ACKED = 'NOT_ACKED'

interface StaleDelivery extends LaneKey {
  id: string
}

/**
 * Frees messages whose claim has ended: their worker died, or WhatsApp never acknowledged. They are queued again at
 * once, at the head of their lane; the same key and WhatsApp id make it one message on the phone. After the last
 * attempt, and those of Cloud API numbers after any, they fail as OUTCOME_UNKNOWN, because nobody knows: a person or a
 * late receipt decides. An offer that no adapter acknowledged is no attempt: it is queued again as if nothing had been.
 *
 * @param instance of this one alone; else a chore over all tenants
 * @returns how many were freed; with the full batch of 100 there may be more
 */
export async function recoverStale(
  dependencies: CommitDependencies,
  instance?: InstanceKey,
): Promise<number> {
  const stale = await findStale(dependencies, instance)
  if (stale.length === 0) return 0
  return commit(dependencies, async (work) => {
    // A lane that is held just now is being settled.
    const mine = await lockFreeLanes(work.transaction, stale)
    if (mine.length === 0) return 0
    const freed = await requeue(work, mine)
    await readyLanes(work.transaction, mine)
    await tellTransitions(
      work,
      freed.map((delivery) => ({
        ...delivery,
        reason: delivery.error_code ?? (delivery.untaken ? NOT_ACKED : 'CLAIM_ENDED'),
      })),
    )
    return freed.length
  })
}

async function findStale(
  { db }: CommitDependencies,
  instance: InstanceKey | undefined,
): Promise<StaleDelivery[]> {
  const stale = db
    .selectFrom('delivery')
    .select(['tenant_id as tenantId', 'id', 'instance_id as instanceId', 'lane'])
    .where('state', '=', 'SENDING')
    .where('claimed_until', '<', sql<Date>`now()`)
    .limit(BATCH)
  if (!instance) return stale.execute()
  return stale
    .where('tenant_id', '=', instance.tenantId)
    .where('instance_id', '=', instance.instanceId)
    .execute()
}

interface FreedDelivery extends ChangedDelivery {
  untaken: boolean
}

/** Looked at again under the lanes' locks: it may have been settled meanwhile. */
async function requeue({ transaction }: UnitOfWork, stale: StaleDelivery[]): Promise<FreedDelivery[]> {
  const { rows } = await sql<FreedDelivery>`
    with freed as (
      update delivery d set
        state = case when ${UNTAKEN} or ${MAY_REPEAT} then 'QUEUED' else 'FAILED' end,
        attempts = d.attempts - case when ${UNTAKEN} then 1 else 0 end,
        settled_at = case when ${UNTAKEN} or ${MAY_REPEAT} then null else now() end,
        error_code = case when ${UNTAKEN} or ${MAY_REPEAT} then null else 'OUTCOME_UNKNOWN' end,
        error_message = case when ${UNTAKEN} or ${MAY_REPEAT} then null
          else 'The last attempt was not answered: it may have been sent.' end,
        claimed_until = null, next_attempt_at = null, updated_at = now()
      from unnest(${stale.map((row) => row.tenantId)}::text[], ${stale.map((row) => row.id)}::uuid[],
        ${stale.map((row) => row.instanceId)}::text[]) as s (tenant_id, id, instance_id)
        join instance i on i.tenant_id = s.tenant_id and i.id = s.instance_id
        left join gateway_offer o on o.tenant_id = s.tenant_id and o.delivery_id = s.id
      where d.tenant_id = s.tenant_id and d.id = s.id and d.state = 'SENDING' and d.claimed_until < now()
      returning d.*, i.delivery = 'pull' and coalesce(o.attempt > d.attempts, false) as untaken
    ), abandoned as (
      update delivery_attempt a set finished_at = now(),
        outcome = case when freed.untaken then 'waiting' else 'abandoned' end,
        fault = case when freed.untaken then 'waiting' end,
        error_code = case when freed.untaken then ${NOT_ACKED} end
      from freed where a.tenant_id = freed.tenant_id and a.delivery_id = freed.id and a.outcome = 'sending'
    )
    select * from freed`.execute(transaction)
  return rows
}
