import type { Queryable } from '@carteiro/database/connect'
import type { TimelineEntryTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'

/** An entry of a ticket's timeline, as it is shown. */
export interface ActivityView {
  id: string
  type: string
  ticketId: string
  messageId: string | null
  details: Record<string, unknown>
  occurredAt: string
}

/**
 * What happened in a tenant's tickets, newest first.
 *
 * @param after id of the last activity of the page before
 */
export async function listActivities(
  db: Queryable,
  {
    tenantId,
    ticketId,
    type,
    after,
    limit,
  }: {
    tenantId: string
    ticketId?: string | undefined
    type?: string | undefined
    after?: string | undefined
    limit: number
  },
): Promise<{ items: ActivityView[]; next: string | null }> {
  let query = db
    .selectFrom('timeline_entry')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (ticketId !== undefined) query = query.where('ticket_id', '=', ticketId)
  if (type !== undefined) query = query.where('type', '=', type)
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.execute()
  const page = rows.slice(0, limit)
  return { items: page.map(toView), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

const toView = (row: Selectable<TimelineEntryTable>): ActivityView => ({
  id: row.id,
  type: row.type,
  ticketId: row.ticket_id,
  messageId: row.message_id,
  details: row.details,
  occurredAt: row.occurred_at.toISOString(),
})
