import { sql } from 'kysely'
import { type CommitDependencies, commit, type UnitOfWork } from '../events/unit-of-work.ts'
import { type LaneKey, lockFreeLanes, readyLanes } from './lane.ts'
import { PAST_END } from './may-have-left.ts'
import { type ChangedDelivery, tellTransitions } from './transition.ts'

const BATCH = 100

interface OverdueDelivery extends LaneKey {
  id: string
}

/**
 * Ends the wait of messages that are past their end, wherever they wait: FAILED, `EXPIRED`, or `OUTCOME_UNKNOWN` where
 * an attempt may have left. A claim looks at the end itself; this finds those that none comes to, such as an
 * instance's that is not connected. A chore: it looks across tenants.
 *
 * @returns how many ended; with the full batch of 100 there may be more
 */
export async function expireOverdue(dependencies: CommitDependencies): Promise<number> {
  const overdue = await findOverdue(dependencies)
  if (overdue.length === 0) return 0
  return commit(dependencies, async (work) => {
    const mine = await lockFreeLanes(work.transaction, overdue)
    if (mine.length === 0) return 0
    const expired = await expire(work, mine)
    await readyLanes(work.transaction, mine)
    await tellTransitions(work, expired)
    return expired.length
  })
}

async function findOverdue({ db }: CommitDependencies): Promise<OverdueDelivery[]> {
  return db
    .selectFrom('delivery')
    .select(['tenant_id as tenantId', 'id', 'instance_id as instanceId', 'lane'])
    .where('state', '=', 'QUEUED')
    .where('expires_at', '<=', sql<Date>`now()`)
    .orderBy('expires_at')
    .limit(BATCH)
    .execute()
}

async function expire({ transaction }: UnitOfWork, overdue: OverdueDelivery[]): Promise<ChangedDelivery[]> {
  const { rows } = await sql<ChangedDelivery>`
    update delivery d set
      state = 'FAILED', settled_at = now(), next_attempt_at = null, updated_at = now(),
      error_code = ${PAST_END.code}, error_message = ${PAST_END.message}
    from unnest(${overdue.map((row) => row.tenantId)}::text[], ${overdue.map((row) => row.id)}::uuid[]) as o (tenant_id, id)
    where d.tenant_id = o.tenant_id and d.id = o.id and d.state = 'QUEUED' and d.expires_at <= now()
    returning d.*`.execute(transaction)
  return rows
}
