import type { UndecryptableEnvelope } from '@carteiro/contracts/envelope'
import { contactOf, participantOf } from '../contacts/sender.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { findMessage } from './find-message.ts'
import { resultOf, type SaveMessageResult } from './save-message.ts'
import { storeMessages } from './store-message.ts'

/** Keeps the place of a message that this device could not decrypt, until the real one comes. */
export async function saveUndecryptable(
  work: UnitOfWork,
  envelope: UndecryptableEnvelope,
): Promise<SaveMessageResult> {
  if (await findMessage(work, envelope)) return { status: 'duplicate' }
  const { tenantId, instanceId, providerMessageId, timestamp, receivedAt, reason } = envelope
  const [row] = await storeMessages(work, [
    {
      ...{ tenantId, instanceId, providerMessageId, timestamp, receivedAt },
      contact: contactOf(envelope),
      direction: 'inbound',
      type: 'undecryptable',
      text: null,
      content: { reason },
      metadata: participantOf(envelope),
    },
  ])
  return resultOf('saved', row)
}
