import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import type { MessageTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import { type KnownOfContact, upsertContact } from '../contacts/upsert.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { writtenMedia } from '../media/describe-media.ts'
import { keepMedia } from '../media/keep-media.ts'
import { openTicket, previewOf } from '../tickets/open-ticket.ts'
import { appendTimeline } from '../timeline/append.ts'
import { toMessageView } from './view.ts'

export type MessageRow = Selectable<MessageTable>

export interface NewMessage {
  tenantId: string
  instanceId: string
  contact: KnownOfContact
  direction: 'inbound' | 'outbound'
  type: string
  text: string | null
  content: Record<string, unknown>
  metadata: Record<string, unknown>
  providerMessageId: string | null
  /** When it was written, and when it reached us; ISO 8601. */
  timestamp: string
  receivedAt: string
}

/**
 * Stores a message that came in (also one that our own phone wrote): contact, ticket, message, timeline and event.
 * @throws a unique violation when it was stored meanwhile; nothing of it stays then, and the next try finds it
 */
export async function storeMessage(work: UnitOfWork, message: NewMessage): Promise<MessageRow> {
  const { tenantId, instanceId, direction, type, text } = message
  const contact = await upsertContact(work, tenantId, message.contact)
  const ticket = await openTicket(work, {
    tenantId,
    instanceId,
    contactId: contact.id,
    direction,
    preview: text ?? type,
    at: new Date(message.timestamp),
  })
  const row = await insertRow(work, message, { ticketId: ticket.id, contactId: contact.id })
  await keepMedia(work, [row])
  const entry = direction === 'inbound' ? 'MESSAGE_RECEIVED' : 'MESSAGE_SENT'
  await appendTimeline(work.transaction, [{ tenantId, ticketId: ticket.id, type: entry, messageId: row.id }])
  work.record({
    tenantId,
    type: 'messages.new',
    ticketId: ticket.id,
    contactId: contact.id,
    instanceId,
    payload: { ticketId: ticket.id, contactId: contact.id, message: toMessageView(row) },
  })
  return row
}

function insertRow(
  { transaction }: UnitOfWork,
  message: NewMessage,
  { ticketId, contactId }: { ticketId: string; contactId: string },
): Promise<MessageRow> {
  return transaction
    .insertInto('message')
    .values({
      tenant_id: message.tenantId,
      id: newId(),
      ticket_id: ticketId,
      contact_id: contactId,
      instance_id: message.instanceId,
      direction: message.direction,
      type: message.type,
      text: message.text,
      content: JSON.stringify(message.content),
      provider_message_id: message.providerMessageId,
      // Our own phone sent it: WhatsApp's server told us of it.
      state: message.direction === 'outbound' ? 'SENT' : null,
      media: writtenMedia(message),
      metadata: JSON.stringify(message.metadata),
      broker_at: message.timestamp,
      received_at: message.receivedAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Writes new content over a message, in its place, and over its ticket's preview when nothing came after it. */
export async function rewriteMessage(
  transaction: DatabaseTransaction,
  row: MessageRow,
  next: { type: string; text: string | null; content: object; metadata: object; brokerAt?: string },
): Promise<MessageRow> {
  const written = await transaction
    .updateTable('message')
    .set({
      type: next.type,
      text: next.text,
      content: JSON.stringify(next.content),
      media: writtenMedia(next, row.media),
      metadata: JSON.stringify(next.metadata),
      ...(next.brokerAt === undefined ? {} : { broker_at: next.brokerAt }),
    })
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  await keepMedia({ transaction }, [written])
  await sql`
    update ticket set preview = ${previewOf(next.text ?? next.type)}, updated_at = now()
    where tenant_id = ${row.tenant_id} and id = ${row.ticket_id} and not exists (
      select from message later where later.tenant_id = ${row.tenant_id} and later.ticket_id = ${row.ticket_id}
        and later.number > ${row.number})`.execute(transaction)
  return written
}
