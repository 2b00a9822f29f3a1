import type { RevokeEnvelope } from '@carteiro/contracts/envelope'
import { parseJid } from '@carteiro/contracts/jid'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { dropMedia } from '../media/drop-media.ts'
import { lookAgain } from '../uploads/delete-upload.ts'
import type { ChangeStatus } from './apply-change.ts'
import { type MessageRow, rewriteMessage } from './store-message.ts'
import { tellUpdated } from './tell-updated.ts'

/** Drops what a message said, in every place where it is kept; the message's own place stays. */
export async function revokeMessage(
  work: UnitOfWork,
  row: MessageRow,
  envelope: RevokeEnvelope,
): Promise<ChangeStatus> {
  if (row.type === 'revoked') return 'ignored'
  // The admins of a group may take back what others wrote.
  const isWriters = (row.direction === 'outbound') === (envelope.fromMe ?? false)
  if (!isWriters && parseJid(envelope.chatKey)?.kind !== 'group') return 'ignored'
  const { participantJid, participant, backfilled } = row.metadata
  const next = await rewriteMessage(work, row, {
    type: 'revoked',
    text: null,
    content: {},
    metadata: { participantJid, participant, backfilled, revokedAt: envelope.timestamp },
  })
  await dropMedia(work, [row])
  if (row.upload_id !== null)
    await lookAgain(work.transaction, { tenantId: row.tenant_id, id: row.upload_id })
  await work.transaction
    .deleteFrom('poll')
    .where('tenant_id', '=', row.tenant_id)
    .where('instance_id', '=', row.instance_id)
    .where('poll_message_id', '=', envelope.targetMessageId)
    .execute()
  await tellUpdated(work, next, { what: 'revoked', at: envelope.timestamp })
  return 'changed'
}
