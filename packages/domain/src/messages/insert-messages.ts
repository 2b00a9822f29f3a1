import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import { describeMedia } from '../media/describe-media.ts'
import type { MessageRow, NewMessage } from './store-message.ts'

/** A message whose ticket is known. */
export interface PlacedMessage {
  message: NewMessage
  ticketId: string
  contactId: string
}

/**
 * Inserts messages in their order, which is the order of their numbers.
 * @throws a unique violation when one was stored meanwhile
 */
export async function insertMessages(
  transaction: DatabaseTransaction,
  messages: PlacedMessage[],
): Promise<MessageRow[]> {
  const placed = messages.map(toRow)
  const { rows } = await sql<Pick<MessageRow, 'id' | 'number' | 'created_at'>>`
    insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, content, media,
      provider_message_id, state, metadata, broker_at, received_at)
    select tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, content, media,
      provider_message_id, state, metadata, broker_at, received_at
    from rows from (jsonb_to_recordset(${JSON.stringify(placed)}::jsonb) as (tenant_id text, id uuid, ticket_id uuid,
      contact_id uuid, instance_id text, direction text, type text, text text, content jsonb, media jsonb,
      provider_message_id text, state text, metadata jsonb, broker_at timestamptz, received_at timestamptz)) with ordinality
    order by ordinality
    returning id, number, created_at`.execute(transaction)
  const inserted = new Map(rows.map((row) => [row.id, row]))
  return placed.map((row) => {
    const own = inserted.get(row.id)
    if (!own) throw new Error('PostgreSQL gave back no message')
    return { ...row, ...own }
  })
}

const toRow = ({ message, ticketId, contactId }: PlacedMessage) => ({
  tenant_id: message.tenantId,
  id: newId(),
  ticket_id: ticketId,
  contact_id: contactId,
  instance_id: message.instanceId,
  direction: message.direction,
  type: message.type,
  text: message.text,
  content: message.content,
  media: describeMedia(message),
  upload_id: null,
  provider_message_id: message.providerMessageId,
  // Our own phone sent it: WhatsApp's server told us of it.
  state: message.direction === 'outbound' ? 'SENT' : null,
  metadata: message.metadata,
  broker_at: new Date(message.timestamp),
  received_at: new Date(message.receivedAt),
})
