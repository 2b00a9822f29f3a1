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
 *
 * @returns whether scheduled messages of the lane are due: they must take their positions first
 */
export async function lockLane(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, lane }: LaneKey,
): Promise<{ hasDue: boolean }> {
  const { rows } = await sql<{ has_due: boolean }>`
    insert into lane (tenant_id, instance_id, lane) values (${tenantId}, ${instanceId}, ${lane})
    on conflict (tenant_id, instance_id, lane) do update set used_at = now()
    returning exists (
      select from delivery
      where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = ${lane} and state = 'QUEUED'
        and position is null and scheduled_at <= clock_timestamp()
    ) as has_due`.execute(transaction)
  return { hasDue: rows[0]?.has_due ?? false }
}

/**
 * A message took its place: an idle lane's new head may leave now, and the lane ranks as its most urgent message. A
 * lane in use goes on when its head settles; one that waits for an allowance is looked at again.
 */
export async function wakeLane(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, lane }: LaneKey,
  priority: number,
): Promise<void> {
  await sql`
    update lane set
      rank = case when ready_at is null and claimed_until is null then ${priority} else least(rank, ${priority}) end,
      ready_at = case when claimed_until is null and (ready_at is null or held) then now() else ready_at end,
      held = false
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = ${lane}
      and (held or rank > ${priority} or (ready_at is null and claimed_until is null))`.execute(transaction)
}

/** Locks lanes that exist, in key order, so that two who lock several cannot wait for one another. */
export async function lockLanes(transaction: DatabaseTransaction, keys: LaneKey[]): Promise<void> {
  await sql`
    select from lane l join ${keyRows(keys)} using (tenant_id, instance_id, lane)
    order by l.tenant_id, l.instance_id, l.lane for update of l`.execute(transaction)
}

/**
 * Locks those lanes that nobody else holds. For chores over many lanes: who waits for none cannot be in a deadlock
 * with a transaction that takes its lanes one by one.
 */
export async function lockFreeLanes<Key extends LaneKey>(
  transaction: DatabaseTransaction,
  keys: Key[],
): Promise<Key[]> {
  const { rows } = await sql<{ tenant_id: string; instance_id: string; lane: string }>`
    select l.tenant_id, l.instance_id, l.lane from lane l join ${keyRows(keys)} using (tenant_id, instance_id, lane)
    order by l.tenant_id, l.instance_id, l.lane for update of l skip locked`.execute(transaction)
  const locked = new Set(rows.map((row) => nameOf(row.tenant_id, row.instance_id, row.lane)))
  return keys.filter((key) => locked.has(nameOf(key.tenantId, key.instanceId, key.lane)))
}

/** Ids have no spaces. */
const nameOf = (...parts: string[]): string => parts.join(' ')

/**
 * Says anew when the lanes' heads may leave, and how they rank: after a change, with the lanes locked. A statement of
 * its own: in one statement with the change it would read the state before it, and a lane would be stuck. A head's
 * end comes before its wait's.
 */
export async function readyLanes(transaction: DatabaseTransaction, keys: LaneKey[]): Promise<void> {
  await sql`
    update lane l set
      claimed_until = head.claimed_until,
      ready_at = case head.state
        when 'QUEUED' then least(coalesce(head.next_attempt_at, now()), head.expires_at)
      end,
      rank = coalesce(urgent.priority, l.rank),
      held = false,
      used_at = now()
    from ${keyRows(keys)} left join lateral (
      select d.state, d.next_attempt_at, d.claimed_until, d.expires_at from delivery d
      where ${isOpenIn('k')}
      order by d.position limit 1
    ) head on true left join lateral (
      select d.priority from delivery d where ${isOpenIn('k')}
      order by d.priority limit 1
    ) urgent on true
    where l.tenant_id = k.tenant_id and l.instance_id = k.instance_id and l.lane = k.lane`.execute(
    transaction,
  )
}

/** What stands in the lane: `d` is the delivery, `key` the table that names the lane. */
const isOpenIn = (key: string) => sql`
  d.tenant_id = ${sql.ref(`${key}.tenant_id`)} and d.instance_id = ${sql.ref(`${key}.instance_id`)}
  and d.lane = ${sql.ref(`${key}.lane`)} and d.state in ('QUEUED', 'SENDING') and d.position is not null`

function keyRows(keys: LaneKey[]) {
  const column = (name: keyof LaneKey) => keys.map((key) => key[name])
  return sql`(
    select distinct * from unnest(${column('tenantId')}::text[], ${column('instanceId')}::text[], ${column('lane')}::text[])
      as u (tenant_id, instance_id, lane)
  ) k`
}
