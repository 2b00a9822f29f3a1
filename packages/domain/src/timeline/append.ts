import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'

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
  messageId?: string
  details?: Record<string, unknown>
}

/** Appends to tickets' activity timelines, in the transaction of what happened. */
export async function appendTimeline(
  transaction: DatabaseTransaction,
  entries: TimelineEntry[],
): Promise<void> {
  if (entries.length === 0) return
  await transaction
    .insertInto('timeline_entry')
    .values(
      entries.map((entry) => ({
        tenant_id: entry.tenantId,
        id: newId(),
        ticket_id: entry.ticketId,
        type: entry.type,
        message_id: entry.messageId ?? null,
        details: JSON.stringify(entry.details ?? {}),
      })),
    )
    .execute()
}
