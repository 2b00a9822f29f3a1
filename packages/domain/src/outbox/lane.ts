import { formatJid, type Jid } from '@carteiro/contracts/jid'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** A lane is one recipient of one instance: what is in it leaves in the order in which it was accepted. */
export interface LaneKey {
  tenantId: string
  instanceId: string
  lane: string
}

/** The name of a recipient's lane: one spelling for each address. */
export const laneOf = (recipient: Jid): string => formatJid(recipient)

/**
 * Locks the lane's row, making it when it is new. To be held before a position is drawn: without it 10 of 16,843
 * messages left out of order.
 */
export async function lockLane(transaction: DatabaseTransaction, key: LaneKey): Promise<void> {
  await transaction
    .insertInto('lane')
    .values({ tenant_id: key.tenantId, instance_id: key.instanceId, lane: key.lane })
    .onConflict((conflict) =>
      conflict.columns(['tenant_id', 'instance_id', 'lane']).doUpdateSet({ lane: key.lane }),
    )
    .execute()
}

/** An idle lane's new head may leave now; a lane in use goes on when its head settles. */
export async function wakeIdleLane(transaction: DatabaseTransaction, key: LaneKey): Promise<void> {
  await transaction
    .updateTable('lane')
    .set({ ready_at: sql`now()` })
    .where('tenant_id', '=', key.tenantId)
    .where('instance_id', '=', key.instanceId)
    .where('lane', '=', key.lane)
    .where('ready_at', 'is', null)
    .where('claimed_until', 'is', null)
    .execute()
}

/** Locks lanes that exist, in key order, so that two settlements cannot wait for one another. */
export async function lockLanes(transaction: DatabaseTransaction, keys: LaneKey[]): Promise<void> {
  await sql`
    select from lane l join ${keyRows(keys)} using (tenant_id, instance_id, lane)
    order by l.tenant_id, l.instance_id, l.lane for update of l`.execute(transaction)
}

/**
 * Says anew when the lanes' heads may leave: after a settlement, with the lanes locked. A statement of its own: in
 * one statement with the settlement it would read the state before it, and a lane would be stuck.
 */
export async function readyLanes(transaction: DatabaseTransaction, keys: LaneKey[]): Promise<void> {
  await sql`
    update lane l set
      claimed_until = head.claimed_until,
      ready_at = case head.state when 'QUEUED' then coalesce(head.next_attempt_at, now()) end
    from ${keyRows(keys)} left join lateral (
      select d.state, d.next_attempt_at, d.claimed_until from delivery d
      where d.tenant_id = k.tenant_id and d.instance_id = k.instance_id and d.lane = k.lane
        and d.state in ('QUEUED', 'SENDING')
      order by d.position limit 1
    ) head on true
    where l.tenant_id = k.tenant_id and l.instance_id = k.instance_id and l.lane = k.lane`.execute(
    transaction,
  )
}

function keyRows(keys: LaneKey[]) {
  const column = (name: keyof LaneKey) => keys.map((key) => key[name])
  return sql`(
    select distinct * from unnest(${column('tenantId')}::text[], ${column('instanceId')}::text[], ${column('lane')}::text[])
      as u (tenant_id, instance_id, lane)
  ) k`
}
