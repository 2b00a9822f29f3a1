import type { MessageTarget } from '@carteiro/contracts/intents/quoting'
import { formatJid, type Jid } from '@carteiro/contracts/jid'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { validate } from 'uuid'
import { addressOf } from '../contacts/phone.ts'

export type FoundTarget =
  | { status: 'found'; target: MessageTarget }
  | { status: 'message_not_found'; messageId: string; member: TargetMember }
  | { status: 'invalid_request'; faults: { of: 'intent'; path: string; message: string }[] }

/** The member of the intent that names the message. */
export type TargetMember = 'messageId' | 'quotedMessageId'

export interface TargetLookup {
  tenantId: string
  instanceId: string
  recipient: Jid
  /** Ours, or WhatsApp's. */
  messageId: string
  member: TargetMember
}

/** The message of the recipient's chat that another one is about, as transports name it. */
export async function findMessageTarget(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, recipient, messageId, member }: TargetLookup,
): Promise<FoundTarget> {
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
  if (!row || !isIn(recipient, row)) return { status: 'message_not_found', messageId, member }
  if (row.provider_message_id === null) {
    const message = 'was not sent yet; WhatsApp does not know it'
    return { status: 'invalid_request', faults: [{ of: 'intent', path: member, message }] }
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
