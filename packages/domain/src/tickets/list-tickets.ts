import type { TicketView } from '@carteiro/contracts/ticket'
import type { Queryable } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import { type ContactViewRow, toContactView } from '../contacts/view.ts'
import { customerWindow } from './customer-window.ts'
import { describeTicket } from './describe-ticket.ts'

/** Where a page of tickets ended: keyset by last activity, then id. */
export interface TicketCursor {
  /** Microseconds since the epoch, as PostgreSQL keeps them: a Date would lose three digits, and tickets with them. */
  lastMessageMicros: number
  id: string
}

/** The tenant's tickets, latest activity first. */
export async function listTickets(
  db: Queryable,
  { tenantId, after, limit }: { tenantId: string; after?: TicketCursor | undefined; limit: number },
): Promise<{ items: TicketView[]; next: TicketCursor | null }> {
  const activity = sql<number>`(extract(epoch from coalesce(ticket.last_message_at, ticket.created_at)) * 1000000)::bigint`
  let query = selectTickets(db, tenantId)
    .select(activity.as('activity'))
    .orderBy(sql`coalesce(ticket.last_message_at, ticket.created_at)`, 'desc')
    .orderBy('ticket.id')
    .limit(limit + 1)
  if (after) {
    query = query.where(
      sql<boolean>`(${activity} < ${after.lastMessageMicros} or (${activity} = ${after.lastMessageMicros} and ticket.id > ${after.id}))`,
    )
  }
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map((row) => toTicketView(row)),
    next: rows.length > limit && last ? { lastMessageMicros: last.activity, id: last.id } : null,
  }
}

/** One ticket; `undefined` when the tenant has none of this id. */
export async function readTicket(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<TicketView | undefined> {
  const row = await selectTickets(db, tenantId).where('ticket.id', '=', id).executeTakeFirst()
  return row && toTicketView(row)
}

const selectTickets = (db: Queryable, tenantId: string) =>
  db
    .selectFrom('ticket')
    .innerJoin('contact', (join) =>
      join.onRef('contact.tenant_id', '=', 'ticket.tenant_id').onRef('contact.id', '=', 'ticket.contact_id'),
    )
    .selectAll('ticket')
    .select(['contact.name', 'contact.phone', 'contact.kind'])
    .where('ticket.tenant_id', '=', tenantId)

type Row = Selectable<TicketTable> & Omit<ContactViewRow, 'id'>

function toTicketView(row: Row): TicketView {
  const { ticket, timeline } = describeTicket(row)
  return {
    id: row.id,
    ...ticket,
    instanceId: row.instance_id,
    createdAt: row.created_at.toISOString(),
    timeline,
    window: customerWindow(row.last_inbound_at, new Date()),
    knownFields: row.known_fields,
    contact: toContactView({ ...row, id: row.contact_id }),
  }
}
