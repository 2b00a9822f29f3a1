import type { StatusEnvelope, StatusError } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import { personKey } from '../contacts/person-key.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { findReceiptTarget, type ReceiptTarget } from './find-receipt-target.ts'
import { moveDelivery } from './move-delivery.ts'
import { moveOwnMessage } from './move-own-message.ts'

/** What a transport told of a message that left, by whichever id. */
export interface Receipt {
  tenantId: string
  instanceId: string
  providerMessageId: string
  status: StatusEnvelope['status']
  /** Groups: the member whose receipt it is; '' in a chat of two. */
  participant: string
  error: StatusError | null
  details: Record<string, unknown>
  occurredAt: string | Date
}

/**
 * What became of a receipt. `early`: nothing has this id yet; it is kept, and applied when the send's answer brings
 * the id. `released`: its lane's next message may leave now.
 */
export interface ReceiptResult {
  status: 'moved' | 'unchanged' | 'early'
  released: boolean
  /** The message reached the phone by it, so long after WhatsApp's server had it. */
  deliveredAfterSeconds?: number | undefined
}

/** Applies a receipt to the message that it names. States only move forward: late or repeated ones change nothing. */
export async function recordReceipt(work: UnitOfWork, envelope: StatusEnvelope): Promise<ReceiptResult> {
  const { tenantId, instanceId, providerMessageId, status, participantJid, error, details } = envelope
  const participant = participantJid ? await personKey(work, tenantId, [participantJid]) : undefined
  const receipt: Receipt = {
    ...{ tenantId, instanceId, providerMessageId, status, error, details },
    participant: participant ?? '',
    occurredAt: envelope.timestamp,
  }
  const target = (await findByOwnId(work, envelope)) ?? (await findReceiptTarget(work.transaction, envelope))
  if (target) return applyReceipt(work, target, receipt)
  await keepEarly(work, receipt)
  return { status: 'early', released: false }
}

/** Applies a receipt to a delivery, or to a message that our own phone sent. */
export async function applyReceipt(
  work: UnitOfWork,
  target: ReceiptTarget,
  receipt: Receipt,
): Promise<ReceiptResult> {
  await keepReceipt(work, 'deliveryId' in target ? target.deliveryId : target.messageId, receipt)
  if ('deliveryId' in target) return moveDelivery(work, target.deliveryId, receipt)
  return moveOwnMessage(work, target.messageId, receipt)
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** By our own id, where the transport gave it back. */
async function findByOwnId(
  { transaction }: UnitOfWork,
  { tenantId, instanceId, deliveryId }: StatusEnvelope,
): Promise<ReceiptTarget | undefined> {
  if (deliveryId === null || !UUID.test(deliveryId)) return undefined
  const row = await transaction
    .selectFrom('delivery')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('instance_id', '=', instanceId)
    .where('id', '=', deliveryId)
    .executeTakeFirst()
  return row && { deliveryId: row.id }
}

const columnsOf = (receipt: Receipt) => ({
  tenant_id: receipt.tenantId,
  participant: receipt.participant,
  status: receipt.status,
  error: receipt.error === null ? null : JSON.stringify(receipt.error),
  details: JSON.stringify(receipt.details),
  occurred_at: receipt.occurredAt,
})

async function keepReceipt({ transaction }: UnitOfWork, messageId: string, receipt: Receipt): Promise<void> {
  await transaction
    .insertInto('message_receipt')
    .values({
      ...columnsOf(receipt),
      message_id: messageId,
      // Of a person who was forgotten nothing is learned again: what it tells beside the status names the recipient.
      details: sql<string>`case when exists (select from message
        where tenant_id = ${receipt.tenantId} and id = ${messageId} and type = 'erased')
        then '{}' else ${JSON.stringify(receipt.details)}::jsonb end`,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

async function keepEarly({ transaction }: UnitOfWork, receipt: Receipt): Promise<void> {
  const { instanceId, providerMessageId } = receipt
  await transaction
    .insertInto('early_receipt')
    .values({ ...columnsOf(receipt), instance_id: instanceId, provider_message_id: providerMessageId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
