import type { EditEnvelope, ReactionEnvelope, RevokeEnvelope } from '@carteiro/contracts/envelope'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { editMessage } from './edit-message.ts'
import { findMessage } from './find-message.ts'
import { reactToMessage } from './react-to-message.ts'
import { revokeMessage } from './revoke-message.ts'
import type { MessageRow } from './store-message.ts'

export type ChangeEnvelope = EditEnvelope | RevokeEnvelope | ReactionEnvelope

/**
 * What became of a change. `waiting`: its message is not stored yet (or not readable), it is applied when it is.
 * `ignored`: it is not the sender's to make, or there is nothing left to change. `stale`: a later one was first.
 */
export type ChangeStatus = 'changed' | 'waiting' | 'ignored' | 'stale'

/** Applies an edit, a revoke or a reaction to the message that it names, or keeps it until that message is stored. */
export async function applyChange(
  work: UnitOfWork,
  envelope: ChangeEnvelope,
): Promise<{ status: ChangeStatus }> {
  const { tenantId, instanceId, targetMessageId: providerMessageId } = envelope
  const row = await findMessage(work, { tenantId, instanceId, providerMessageId })
  if (!row || (row.type === 'undecryptable' && envelope.kind === 'edit')) {
    await keep(work, envelope)
    return { status: 'waiting' }
  }
  if (row.type === 'erased') return { status: 'ignored' }
  return { status: await change(work, row, envelope) }
}

/** Applies what was kept for a message, in the order in which it came. @returns how many changes there were */
export async function applyPending(work: UnitOfWork, message: MessageRow): Promise<number> {
  if (message.provider_message_id === null) return 0
  const kept = await work.transaction
    .deleteFrom('pending_change')
    .where('tenant_id', '=', message.tenant_id)
    .where('instance_id', '=', message.instance_id)
    .where('target_message_id', '=', message.provider_message_id)
    .returning(['number', 'envelope'])
    .execute()
  for (const { envelope } of kept.sort((a, b) => a.number - b.number)) {
    await applyChange(work, envelope as unknown as ChangeEnvelope)
  }
  return kept.length
}

function change(work: UnitOfWork, row: MessageRow, envelope: ChangeEnvelope): Promise<ChangeStatus> {
  switch (envelope.kind) {
    case 'edit':
      return editMessage(work, row, envelope)
    case 'revoke':
      return revokeMessage(work, row, envelope)
    case 'reaction':
      return reactToMessage(work, row, envelope)
    default:
      return envelope satisfies never
  }
}

async function keep({ transaction }: UnitOfWork, envelope: ChangeEnvelope): Promise<void> {
  await transaction
    .insertInto('pending_change')
    .values({
      tenant_id: envelope.tenantId,
      instance_id: envelope.instanceId,
      target_message_id: envelope.targetMessageId,
      envelope: JSON.stringify(envelope),
    })
    .execute()
}
