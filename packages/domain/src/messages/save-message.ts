import type { MessageEnvelope } from '@carteiro/contracts/envelope'
import { contactOf, participantOf } from '../contacts/sender.ts'
import { upsertContact } from '../contacts/upsert.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { applyEarlyReceipts } from '../outbox/early-receipts.ts'
import { applyPending } from './apply-change.ts'
import { describeContent } from './describe-content.ts'
import { findMessage } from './find-message.ts'
import { isPoll, keepPoll } from './keep-poll.ts'
import { type Recognized, recognize } from './recognize.ts'
import { type MessageRow, type NewMessage, rewriteMessage, storeMessages } from './store-message.ts'
import { tellUpdated } from './tell-updated.ts'

export type SaveMessageResult =
  /** `replaced`: it stands where one was that could not be decrypted. */
  { status: 'saved' | 'replaced'; messageId: string; ticketId: string } | { status: 'duplicate' }

/** Stores one message, as `saveMessages` does. */
export async function saveMessage(work: UnitOfWork, envelope: MessageEnvelope): Promise<SaveMessageResult> {
  const [result] = await saveMessages(work, [envelope])
  if (!result) throw new Error('nothing became of a message')
  return result
}

/**
 * Stores messages, in their order: a customer's, or ones that our own phone wrote. One that is there already (same
 * instance and WhatsApp id, whatever the spelling of its chat) changes nothing; one that was undecryptable is replaced
 * in its place. What came before a message (changes, receipts, votes) is applied to it before the next one is stored,
 * so that events tell of it in this order.
 *
 * @returns what became of each
 */
export async function saveMessages(
  work: UnitOfWork,
  envelopes: MessageEnvelope[],
): Promise<SaveMessageResult[]> {
  const results: SaveMessageResult[] = []
  for (const run of runsOf(await recognize(work.transaction, envelopes)))
    results.push(...(await saveRun(work, run)))
  return results
}

/** Messages in a row, up to one that more is to be done for than storing it. */
function runsOf(messages: Recognized[]): Recognized[][] {
  const runs: Recognized[][] = [[]]
  for (const message of messages) {
    runs.at(-1)?.push(message)
    if (message.is === 'undecryptable' || message.awaited || isPoll(message.envelope)) runs.push([])
  }
  return runs
}

async function saveRun(work: UnitOfWork, run: Recognized[]): Promise<SaveMessageResult[]> {
  const added = run.filter(({ is }) => is === 'new')
  const rows = await storeMessages(
    work,
    added.map(({ envelope }) => toNewMessage(envelope)),
  )
  const stored = new Map(added.map((message, index) => [message, rows[index]]))
  const results = run.map((message) => resultOf('saved', stored.get(message)))
  const last = run.at(-1)
  if (!last) return results
  const { envelope, is, awaited } = last
  if (is === 'undecryptable') results[run.length - 1] = await replace(work, envelope)
  const row = stored.get(last)
  if (row && awaited) {
    await applyPending(work, row)
    if (envelope.direction === 'outbound') await applyEarlyReceipts(work, envelope)
  }
  // Also of a repeated one: our own send is stored without its poll's secret, the phone's copy brings it.
  await keepPoll(work, envelope)
  return results
}

/** What became of a message that is stored by now; a repetition when no row is. */
export const resultOf = (status: 'saved' | 'replaced', row: MessageRow | undefined): SaveMessageResult =>
  row ? { status, messageId: row.id, ticketId: row.ticket_id } : { status: 'duplicate' }

const toNewMessage = (envelope: MessageEnvelope): NewMessage => ({
  tenantId: envelope.tenantId,
  instanceId: envelope.instanceId,
  direction: envelope.direction,
  providerMessageId: envelope.providerMessageId,
  timestamp: envelope.timestamp,
  receivedAt: envelope.receivedAt,
  ...describeContent(envelope.message),
  contact: chatContactOf(envelope),
  content: envelope.message,
  metadata: metadataOf(envelope),
})

async function replace(work: UnitOfWork, envelope: MessageEnvelope): Promise<SaveMessageResult> {
  // What the placeholder could not tell: names, and the phone of a LID.
  await upsertContact(work, envelope.tenantId, chatContactOf(envelope))
  const stored = await findMessage(work, envelope, [envelope.direction])
  if (stored?.type !== 'undecryptable') return { status: 'duplicate' }
  const row = await rewriteMessage(work, stored, {
    ...describeContent(envelope.message),
    content: envelope.message,
    metadata: metadataOf(envelope),
    brokerAt: envelope.timestamp,
  })
  await tellUpdated(work, row, { what: 'decrypted' })
  await applyPending(work, row)
  return resultOf('replaced', row)
}

/** The push name of what our own phone wrote is ours, not the contact's. */
function chatContactOf(envelope: MessageEnvelope) {
  const contact = contactOf(envelope, envelope.message.chatId)
  return envelope.direction === 'outbound' ? { ...contact, pushName: null } : contact
}

const metadataOf = (envelope: MessageEnvelope) => ({ ...envelope.metadata, ...participantOf(envelope) })
