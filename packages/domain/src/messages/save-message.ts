import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { parseJid, parseRecipient } from '@carteiro/contracts/jid'
import { newId } from '@carteiro/database/new-id'
import { addressOf, type ContactAddress } from '../contacts/phone.ts'
import { upsertContact } from '../contacts/upsert.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { openTicket } from '../tickets/open-ticket.ts'
import { appendTimeline } from '../timeline/append.ts'
import { describeContent } from './describe-content.ts'
import { toMessageView } from './view.ts'

export type SaveMessageResult =
  | { status: 'saved'; messageId: string; ticketId: string }
  | { status: 'duplicate' }

/**
 * Stores a customer's message: contact, ticket, message, timeline and event. A message that is there already (same
 * instance and WhatsApp id, whatever the spelling of its chat) changes nothing.
 */
export async function saveMessage(work: UnitOfWork, envelope: MessageEnvelope): Promise<SaveMessageResult> {
  if (await isStored(work, envelope)) return { status: 'duplicate' }
  const { tenantId, instanceId } = envelope
  const { type, text } = describeContent(envelope.message)
  const at = new Date(envelope.timestamp)
  const contact = await upsertContact(work.transaction, tenantId, {
    ...senderOf(envelope),
    ...pick(envelope.contact),
  })
  const ticket = await openTicket(work, {
    tenantId,
    instanceId,
    contactId: contact.id,
    direction: 'inbound',
    preview: text ?? type,
    at,
  })
  const row = await work.transaction
    .insertInto('message')
    .values({
      tenant_id: tenantId,
      id: newId(),
      ticket_id: ticket.id,
      contact_id: contact.id,
      instance_id: instanceId,
      direction: 'inbound',
      type,
      text,
      content: JSON.stringify(envelope.message),
      provider_message_id: envelope.providerMessageId,
      state: null,
      metadata: JSON.stringify(envelope.metadata),
      broker_at: at,
      received_at: envelope.receivedAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await appendTimeline(work.transaction, [
    { tenantId, ticketId: ticket.id, type: 'MESSAGE_RECEIVED', messageId: row.id },
  ])
  work.record({
    tenantId,
    type: 'messages.new',
    ticketId: ticket.id,
    contactId: contact.id,
    instanceId,
    payload: { ticketId: ticket.id, contactId: contact.id, message: toMessageView(row) },
  })
  return { status: 'saved', messageId: row.id, ticketId: ticket.id }
}

async function isStored({ transaction }: UnitOfWork, envelope: MessageEnvelope): Promise<boolean> {
  const row = await transaction
    .selectFrom('message')
    .select('id')
    .where('tenant_id', '=', envelope.tenantId)
    .where('instance_id', '=', envelope.instanceId)
    .where('direction', '=', 'inbound')
    .where('provider_message_id', '=', envelope.providerMessageId)
    .executeTakeFirst()
  return row !== undefined
}

/** A group's ticket is the group's; a person is known by the phone, else by the chat's LID. */
function senderOf(envelope: MessageEnvelope): ContactAddress {
  const chat = parseJid(envelope.chatKey)
  if (chat?.kind === 'group') return addressOf(chat)
  const phone = envelope.contact.phone ? parseRecipient(envelope.contact.phone) : undefined
  const lid = lidOf(envelope)
  if (phone?.kind === 'phone') return { ...addressOf(phone), lid }
  if (chat) return addressOf(chat)
  throw new Error('the envelope names neither a phone nor a chat')
}

/** Known beside the phone: from the contact, or as the chat's own spelling. */
function lidOf({ contact, message }: MessageEnvelope): string | null {
  for (const text of [contact.lid, message.chatId]) {
    const jid = typeof text === 'string' ? parseJid(text) : undefined
    if (jid?.kind === 'lid') return jid.lid
  }
  return null
}

const pick = ({ name, pushName, document, registrations, avatarUrl }: MessageEnvelope['contact']) => ({
  name: name ?? null,
  pushName: pushName ?? null,
  document: document ?? null,
  registrations: registrations ?? null,
  avatarUrl: avatarUrl ?? null,
})
