import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { Queryable } from '@carteiro/database/connect'

/** What became of a message, as who sent it from a chat is told. */
export interface ChatMessage {
  /** It waits for its turn. */
  queued: boolean
  ticketId: string
  messageId: string
  status: DeliveryState
  /** WhatsApp's id, once it is known. */
  externalId: string | null
  error: { code: string; message: string } | null
}

/** `undefined` when the tenant has no message of this id in the outbox. */
export async function readChatMessage(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<ChatMessage | undefined> {
  const row = await db
    .selectFrom('delivery')
    .select(['ticket_id', 'state', 'provider_message_id', 'error_code', 'error_message'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    queued: row.state === 'QUEUED',
    ticketId: row.ticket_id,
    messageId: id,
    status: row.state as DeliveryState,
    externalId: row.provider_message_id,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
  }
}
