import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

export interface TicketView {
  id: string
  status: 'open' | 'pending' | 'closed'
  instanceId: string
  queueId: string | null
  assigneeId: string | null
  preview: string | null
  unreadCount: number
  lastMessageAt: string | null
  createdAt: string
  contact: { id: string; name: string | null; phone: string | null; isGroup: boolean }
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
    items: page.map((row) => ({
      id: row.id,
      status: row.status,
      instanceId: row.instance_id,
      queueId: row.queue_id,
      assigneeId: row.assignee_id,
      preview: row.preview,
      unreadCount: row.unread_count,
      lastMessageAt: row.last_message_at?.toISOString() ?? null,
      createdAt: row.created_at.toISOString(),
      contact: { id: row.contact_id, name: row.name, phone: row.phone, isGroup: row.kind === 'group' },
    })),
    next: rows.length > limit && last ? { lastMessageMicros: last.activity, id: last.id } : null,
  }
}
