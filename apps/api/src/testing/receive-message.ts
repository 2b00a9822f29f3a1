import { newId } from '@carteiro/database/new-id'
import { type CommitDependencies, commit } from '@carteiro/domain/events/unit-of-work'
import { saveMessage } from '@carteiro/domain/messages/save-message'

export interface ReceivedMessage {
  messageId: string
  ticketId: string
}

/** A customer writes: stored as the worker stores it, with its events. */
export async function receiveMessage(
  dependencies: CommitDependencies,
  { tenantId, phone, text, timestamp }: { tenantId: string; phone: string; text: string; timestamp?: string },
): Promise<ReceivedMessage> {
  const now = new Date().toISOString()
  const result = await commit(dependencies, (work) =>
    saveMessage(work, {
      id: newId(),
      kind: 'message',
      direction: 'inbound',
      tenantId,
      instanceId: `${tenantId}-phone`,
      chatKey: `${phone.slice(1)}@s.whatsapp.net`,
      timestamp: timestamp ?? now,
      receivedAt: now,
      requestId: 'request-1',
      providerMessageId: newId(),
      contact: { phone },
      participantJid: null,
      message: { type: 'text', text },
      metadata: {},
    }),
  )
  if (result.status !== 'saved') throw new Error(`the message was not saved: ${result.status}`)
  return result
}
