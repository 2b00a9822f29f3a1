import type { CallEnvelope } from '@carteiro/contracts/envelope'
import { contactOf, participantOf } from '../contacts/sender.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { findMessage } from './find-message.ts'
import { rewriteMessage, storeMessages } from './store-message.ts'
import { tellUpdated } from './tell-updated.ts'

/** Stores a call as a message of its ticket; what is told later of the same call is written over it. */
export async function saveCall(work: UnitOfWork, envelope: CallEnvelope): Promise<{ status: string }> {
  const { tenantId, instanceId, timestamp, receivedAt, details } = envelope
  const callId = [details.callId, details.id].find((id) => typeof id === 'string' && id !== '')
  const providerMessageId = callId === undefined ? null : `call:${String(callId)}`
  const known =
    providerMessageId && (await findMessage(work, { tenantId, instanceId, providerMessageId }, ['inbound']))
  if (known) {
    if (known.type === 'erased') return { status: 'ignored' }
    const content = { ...known.content, ...details }
    const next = { type: 'call', text: null, content, metadata: known.metadata }
    await tellUpdated(work, await rewriteMessage(work, known, next), { what: 'call' })
    return { status: 'updated' }
  }
  await storeMessages(work, [
    {
      ...{ tenantId, instanceId, providerMessageId, timestamp, receivedAt },
      contact: contactOf(envelope),
      direction: 'inbound',
      type: 'call',
      text: null,
      content: details,
      metadata: participantOf(envelope),
    },
  ])
  return { status: 'saved' }
}
