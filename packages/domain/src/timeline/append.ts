import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'

export interface TimelineEntry {
  tenantId: string
  ticketId: string
  type:
    | 'MESSAGE_RECEIVED'
    | 'MESSAGE_SENT'
    | 'MESSAGE_STATUS_UPDATE'
    | 'MESSAGE_FAILED'
    | 'TICKET_OPENED'
    | 'TICKET_MERGED'
    | 'TICKET_CLOSED'
    | 'TICKET_REOPENED'
    | 'TICKET_PENDING'
    | 'TICKET_ASSIGNED'
    | 'TICKET_QUEUED'
    | 'NOTE'
    | 'TICKET_HANDED_OFF'
    | 'FLOW_FAILED'
  messageId?: string
  details?: Record<string, unknown>
}

/** Appends to tickets' activity timelines, in the transaction of what happened. @returns what was written, in order */
export async function appendTimeline(
  transaction: DatabaseTransaction,
  entries: TimelineEntry[],
): Promise<{ id: string; occurred_at: Date }[]> {
  if (entries.length === 0) return []
  const rows = entries.map((entry) => ({
    tenant_id: entry.tenantId,
    id: newId(),
    ticket_id: entry.ticketId,
    type: entry.type,
    message_id: entry.messageId,
    details: entry.details ?? {},
  }))
  const written = await sql<{ id: string; occurred_at: Date }>`
    insert into timeline_entry (tenant_id, id, ticket_id, type, message_id, details)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as entry
      (tenant_id text, id uuid, ticket_id uuid, type text, message_id uuid, details jsonb)
    returning id, occurred_at`.execute(transaction)
  return written.rows
}
