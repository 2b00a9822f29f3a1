import type { TicketState, TicketView } from '@carteiro/contracts/ticket'
import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { findTickets } from '../search/find-tickets.ts'
import type { SearchQuery } from '../search/read-query.ts'
import { selectTickets, toTicketView } from './view.ts'

/** Where a page of tickets ended: keyset by last activity, then id. */
export interface TicketCursor {
  /** Microseconds since the epoch, as PostgreSQL keeps them: a Date would lose three digits, and tickets with them. */
  lastMessageMicros: number
  id: string
}

/** Which tickets a list shows; what is left out is not looked at. */
export interface TicketFilter {
  status?: TicketState['status'] | undefined
  /** `null`: of nobody, in no queue. */
  assigneeId?: string | null | undefined
  queueId?: string | null | undefined
  contactId?: string | undefined
  instanceId?: string | undefined
  /** Those with messages that nobody has read. */
  unread?: boolean | undefined
  /** Those of contacts that it finds, and those in which it was written lately. */
  query?: SearchQuery | undefined
}

/** A tenant's tickets, latest activity first. */
export async function listTickets(
  db: Queryable,
  {
    tenantId,
    after,
    limit,
    query: search,
    ...filter
  }: TicketFilter & { tenantId: string; after?: TicketCursor | undefined; limit: number },
): Promise<{ items: TicketView[]; next: TicketCursor | null }> {
  // As the index has it.
  const activity = sql`coalesce(ticket.last_message_at, ticket.created_at)`
  let query = selectTickets(db, tenantId)
    .select(sql<number>`(extract(epoch from ${activity}) * 1000000)::bigint`.as('activity'))
    .where(matching(filter))
    .orderBy(activity, 'desc')
    .orderBy('ticket.id')
    .limit(limit + 1)
  if (search) query = query.where(await findTickets(db, { tenantId, query: search }))
  if (after) {
    const last = sql`(to_timestamp(0) + ${after.lastMessageMicros}::bigint * interval '1 microsecond')`
    query = query.where(
      sql<boolean>`${activity} <= ${last} and (${activity} < ${last} or ticket.id > ${after.id})`,
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

const COLUMNS = {
  status: 'ticket.status',
  assigneeId: 'ticket.assignee_id',
  queueId: 'ticket.queue_id',
  contactId: 'ticket.contact_id',
  instanceId: 'ticket.instance_id',
} as const

function matching({ unread, ...filter }: Omit<TicketFilter, 'query'>) {
  const conditions = Object.entries(COLUMNS).flatMap(([name, column]) => {
    const value = filter[name as keyof typeof COLUMNS]
    return value === undefined ? [] : [sql`${sql.ref(column)} is not distinct from ${value}`]
  })
  if (unread !== undefined) conditions.push(sql`(ticket.unread_count > 0) = ${unread}`)
  return sql<boolean>`${conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`true`}`
}
