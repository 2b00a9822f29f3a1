import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { MessageView } from '@carteiro/contracts/event'
import type { MessageTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'

/** A row of `message`, as lists and events show it. */
export function toMessageView(row: Selectable<MessageTable>): MessageView {
  return {
    id: row.id,
    ticketId: row.ticket_id,
    instanceId: row.instance_id,
    direction: row.direction,
    type: row.type,
    text: row.text,
    providerMessageId: row.provider_message_id,
    status: row.state as DeliveryState | null,
    media: row.media,
    createdAt: row.created_at.toISOString(),
  }
}
