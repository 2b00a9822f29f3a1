import type { ReactionIntent } from '@carteiro/contracts/intents/poll-and-reaction'
import { formatJid, type Jid } from '@carteiro/contracts/jid'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { validate } from 'uuid'
import { addressOf } from '../contacts/phone.ts'

export type ReactionTarget =
  | { status: 'found'; target: NonNullable<ReactionIntent['target']> }
  | { status: 'message_not_found'; messageId: string }
  | { status: 'invalid_request'; faults: { of: 'intent'; path: string; message: string }[] }

export interface ReactionLookup {
  tenantId: string
  instanceId: string
  recipient: Jid
  /** Ours, or WhatsApp's. */
  messageId: string
}

/** The message of the recipient's chat that is reacted to, as transports name it. */
export async function findReactionTarget(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, recipient, messageId }: ReactionLookup,
): Promise<ReactionTarget> {
  const row = await transaction
    .selectFrom('message')
    .innerJoin('contact', (join) =>
      join
        .onRef('contact.tenant_id', '=', 'message.tenant_id')
        .onRef('contact.id', '=', 'message.contact_id'),
    )
    .select(['message.provider_message_id', 'message.direction', 'message.metadata'])
    .select(['contact.phone', 'contact.lid', 'contact.jid'])
    .where('message.tenant_id', '=', tenantId)
    .where('message.instance_id', '=', instanceId)
    .where((where) =>
      where.or([
        where('message.provider_message_id', '=', messageId),
        ...(validate(messageId) ? [where('message.id', '=', messageId)] : []),
      ]),
    )
    .orderBy('message.direction')
    .limit(1)
    .executeTakeFirst()
  if (!row || !isIn(recipient, row)) return { status: 'message_not_found', messageId }
  if (row.provider_message_id === null) {
    const message = 'was not sent yet; WhatsApp does not know it'
    return { status: 'invalid_request', faults: [{ of: 'intent', path: 'messageId', message }] }
  }
  const { participantJid } = row.metadata
  return {
    status: 'found',
    target: {
      providerMessageId: row.provider_message_id,
      fromMe: row.direction === 'outbound',
      ...(typeof participantJid === 'string' && recipient.kind === 'group' ? { participantJid } : {}),
    },
  }
}

/** A contact may be known by phone and by LID; the recipient is one of them. */
const isIn = (
  recipient: Jid,
  { phone, lid, jid }: { phone: string | null; lid: string | null; jid: string | null },
): boolean =>
  recipient.kind === 'phone'
    ? phone === addressOf(recipient).phone
    : [lid, jid].includes(formatJid(recipient))
