import type { TicketView } from '@carteiro/contracts/ticket'
import type { Queryable } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'
import { type ContactViewRow, toContactView } from '../contacts/view.ts'
import { customerWindow } from './customer-window.ts'
import { describeTicket } from './describe-ticket.ts'

/** A tenant's tickets with what is shown of their contacts. */
export const selectTickets = (db: Queryable, tenantId: string) =>
  db
    .selectFrom('ticket')
    .innerJoin('contact', (join) =>
      join.onRef('contact.tenant_id', '=', 'ticket.tenant_id').onRef('contact.id', '=', 'ticket.contact_id'),
    )
    .selectAll('ticket')
    .select(['contact.name', 'contact.phone', 'contact.kind'])
    .where('ticket.tenant_id', '=', tenantId)

/** A row of `selectTickets`, as lists show it. */
export function toTicketView(row: Selectable<TicketTable> & Omit<ContactViewRow, 'id'>): TicketView {
  const { ticket, timeline } = describeTicket(row)
  return {
    id: row.id,
    ...ticket,
    instanceId: row.instance_id,
    createdAt: row.created_at.toISOString(),
    timeline,
    metadata: { ...row.metadata, timeline },
    window: customerWindow(row.last_inbound_at, new Date()),
    knownFields: row.known_fields,
    contact: toContactView({ ...row, id: row.contact_id }),
  }
}

/** A ticket as lists show it; `undefined` when the tenant has no such one. */
export async function readTicket(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<TicketView | undefined> {
  const row = await selectTickets(db, tenantId).where('ticket.id', '=', id).executeTakeFirst()
  return row && toTicketView(row)
}
