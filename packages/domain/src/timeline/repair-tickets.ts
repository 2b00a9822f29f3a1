import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'

/** When each side first and last wrote, by the messages of the ticket `t`: the normalized timestamp of each. */
const WRITTEN = sql`lateral (
  select
    min(coalesce(m.broker_at, m.created_at)) filter (where m.direction = 'inbound') as first_inbound_at,
    max(coalesce(m.broker_at, m.created_at)) filter (where m.direction = 'inbound') as last_inbound_at,
    min(coalesce(m.broker_at, m.created_at)) filter (where m.direction = 'outbound') as first_outbound_at,
    max(coalesce(m.broker_at, m.created_at)) filter (where m.direction = 'outbound') as last_outbound_at
  from message m where m.tenant_id = t.tenant_id and m.ticket_id = t.id
)`
const sidesOf = (of: 't' | 'w') =>
  sql.raw(`${of}.first_inbound_at, ${of}.last_inbound_at, ${of}.first_outbound_at, ${of}.last_outbound_at`)

/**
 * Sets right what tickets say of when each side wrote, where their messages say otherwise. Only those are locked, in
 * the order of their ids, and looked at again under the lock, which whoever stores a message holds: nothing that
 * arrives meanwhile is undone.
 *
 * @param ids of tickets
 * @returns the tickets that were repaired, as they are now
 */
export async function repairTickets(
  transaction: DatabaseTransaction,
  tenantId: string,
  ids: string[],
): Promise<Selectable<TicketTable>[]> {
  const { rows: damaged } = await sql<{ id: string }>`
    select t.id from ticket t cross join ${WRITTEN} w
    where t.tenant_id = ${tenantId} and t.id = any(${ids}::uuid[])
      and (${sidesOf('t')}) is distinct from (${sidesOf('w')})`.execute(transaction)
  if (damaged.length === 0) return []
  const found = damaged.map(({ id }) => id)
  await sql`
    select from ticket where tenant_id = ${tenantId} and id = any(${found}::uuid[])
    order by id for no key update`.execute(transaction)
  const { rows } = await sql<Selectable<TicketTable>>`
    update ticket o set first_inbound_at = w.first_inbound_at, last_inbound_at = w.last_inbound_at,
      first_outbound_at = w.first_outbound_at, last_outbound_at = w.last_outbound_at, updated_at = now()
    from ticket t cross join ${WRITTEN} w
    where t.tenant_id = ${tenantId} and t.id = any(${found}::uuid[]) and o.tenant_id = t.tenant_id and o.id = t.id
      and (${sidesOf('t')}) is distinct from (${sidesOf('w')})
    returning o.*`.execute(transaction)
  return rows
}
