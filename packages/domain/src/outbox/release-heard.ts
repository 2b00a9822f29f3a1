import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { InstanceKey } from './gate.ts'

/**
 * Who has just written is no stranger: messages that wait for another day's allowance of first contacts may leave. To be
 * called after the messages are stored, with their ids.
 *
 * @returns the instances whose outboxes should be looked at now
 */
export async function releaseHeard(
  { transaction }: UnitOfWork,
  messages: { tenantId: string; messageId: string }[],
): Promise<InstanceKey[]> {
  if (messages.length === 0) return []
  // Locked, then looked at in a statement of its own: a claim that holds a lane back meanwhile has not seen the message.
  const { rows: lanes } = await sql<{ tenant_id: string; instance_id: string; lane: string }>`
    select l.tenant_id, l.instance_id, l.lane
    from unnest(${messages.map(({ tenantId }) => tenantId)}::text[], ${messages.map(({ messageId }) => messageId)}::uuid[])
        as stored (tenant_id, id)
      join message m on m.tenant_id = stored.tenant_id and m.id = stored.id and m.direction = 'inbound'
      join contact c on c.tenant_id = m.tenant_id and c.id = m.contact_id
      join lane l on l.tenant_id = m.tenant_id and l.instance_id = m.instance_id
        and l.lane in (ltrim(c.phone, '+') || '@s.whatsapp.net', c.lid, c.jid)
    where l.ready_at is not null and l.known_at is null
    order by 1, 2, 3 for update of l`.execute(transaction)
  if (lanes.length === 0) return []
  const { rows } = await sql<{ tenant_id: string; instance_id: string }>`
    with released as (
      update lane l set held = false, ready_at = now(), known_at = now()
      from unnest(${lanes.map((row) => row.tenant_id)}::text[], ${lanes.map((row) => row.instance_id)}::text[],
        ${lanes.map((row) => row.lane)}::text[]) as k (tenant_id, instance_id, lane)
      where l.tenant_id = k.tenant_id and l.instance_id = k.instance_id and l.lane = k.lane and l.held
      returning l.tenant_id, l.instance_id
    )
    select distinct tenant_id, instance_id from released`.execute(transaction)
  return rows.map((row) => ({ tenantId: row.tenant_id, instanceId: row.instance_id }))
}
