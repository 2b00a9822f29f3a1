import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { contactOf, participantOf } from '../contacts/sender.ts'
import { upsertContact } from '../contacts/upsert.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { applyEarlyReceipts } from '../outbox/early-receipts.ts'
import { applyPending } from './apply-change.ts'
import { describeContent } from './describe-content.ts'
import { findMessage } from './find-message.ts'
import { keepPoll } from './keep-poll.ts'
import { type MessageRow, rewriteMessage, storeMessage } from './store-message.ts'
import { tellUpdated } from './tell-updated.ts'

export type SaveMessageResult =
  /** `replaced`: it stands where one was that could not be decrypted. */
  { status: 'saved' | 'replaced'; messageId: string; ticketId: string } | { status: 'duplicate' }

/**
 * Stores a message: a customer's, or one that our own phone wrote. One that is there already (same instance and
 * WhatsApp id, whatever the spelling of its chat) changes nothing; one that was undecryptable is replaced in its
 * place. What came before it (changes, receipts) is applied to it.
 */
export async function saveMessage(work: UnitOfWork, envelope: MessageEnvelope): Promise<SaveMessageResult> {
  const result = await saveOnce(work, envelope)
  // Also of a repeated one: our own send is stored without its poll's secret, the phone's copy brings it.
  await keepPoll(work, envelope)
  return result
}

async function saveOnce(work: UnitOfWork, envelope: MessageEnvelope): Promise<SaveMessageResult> {
  const stored = await findMessage(work, envelope, [envelope.direction])
  if (stored?.type === 'undecryptable') return replace(work, stored, envelope)
  if (stored || (await isSendOfOurs(work, envelope))) return { status: 'duplicate' }
  const { tenantId, instanceId, direction, providerMessageId, timestamp, receivedAt } = envelope
  const row = await storeMessage(work, {
    ...{ tenantId, instanceId, direction, providerMessageId, timestamp, receivedAt },
    ...describeContent(envelope.message),
    contact: chatContactOf(envelope),
    content: envelope.message,
    metadata: metadataOf(envelope),
  })
  await applyPending(work, row)
  if (direction === 'outbound') await applyEarlyReceipts(work, { tenantId, instanceId, providerMessageId })
  return { status: 'saved', messageId: row.id, ticketId: row.ticket_id }
}

async function replace(
  work: UnitOfWork,
  stored: MessageRow,
  envelope: MessageEnvelope,
): Promise<SaveMessageResult> {
  // What the placeholder could not tell: names, and the phone of a LID.
  await upsertContact(work, envelope.tenantId, chatContactOf(envelope))
  const current = (await findMessage(work, envelope, [envelope.direction])) ?? stored
  const row = await rewriteMessage(work.transaction, current, {
    ...describeContent(envelope.message),
    content: envelope.message,
    metadata: metadataOf(envelope),
    brokerAt: envelope.timestamp,
  })
  tellUpdated(work, row, { what: 'decrypted' })
  await applyPending(work, row)
  return { status: 'replaced', messageId: row.id, ticketId: row.ticket_id }
}

/** A send whose acknowledgement is still out has its WhatsApp id on the delivery alone. */
async function isSendOfOurs({ transaction }: UnitOfWork, envelope: MessageEnvelope): Promise<boolean> {
  if (envelope.direction !== 'outbound') return false
  const row = await transaction
    .selectFrom('delivery')
    .select('id')
    .where('tenant_id', '=', envelope.tenantId)
    .where('instance_id', '=', envelope.instanceId)
    .where('provider_message_id', '=', envelope.providerMessageId)
    .executeTakeFirst()
  return row !== undefined
}

/** The push name of what our own phone wrote is ours, not the contact's. */
function chatContactOf(envelope: MessageEnvelope) {
  const contact = contactOf(envelope, envelope.message.chatId)
  return envelope.direction === 'outbound' ? { ...contact, pushName: null } : contact
}

const metadataOf = (envelope: MessageEnvelope) => ({ ...envelope.metadata, ...participantOf(envelope) })
