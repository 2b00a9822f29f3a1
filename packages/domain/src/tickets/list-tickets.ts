import type { ContactView, TicketState, TicketTimeline } from '@carteiro/contracts/ticket'
import type { Queryable } from '@carteiro/database/connect'
import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import { type ContactViewRow, toContactView } from '../contacts/view.ts'
import { describeTicket } from './describe-ticket.ts'

export interface TicketView extends TicketState {
  id: string
  instanceId: string
  createdAt: string
  timeline: TicketTimeline
  contact: ContactView
}

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
  let query = db
    .selectFrom('ticket')
    .innerJoin('contact', (join) =>
      join.onRef('contact.tenant_id', '=', 'ticket.tenant_id').onRef('contact.id', '=', 'ticket.contact_id'),
    )
    .selectAll('ticket')
    .select(['contact.name', 'contact.phone', 'contact.kind', activity.as('activity')])
    .where('ticket.tenant_id', '=', tenantId)
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
    items: page.map(toTicketView),
    next: rows.length > limit && last ? { lastMessageMicros: last.activity, id: last.id } : null,
  }
}

type Row = Selectable<TicketTable> & Omit<ContactViewRow, 'id'>

function toTicketView(row: Row): TicketView {
  const { ticket, timeline } = describeTicket(row)
  return {
    id: row.id,
    ...ticket,
    instanceId: row.instance_id,
    createdAt: row.created_at.toISOString(),
    timeline,
    contact: toContactView({ ...row, id: row.contact_id }),
  }
}
