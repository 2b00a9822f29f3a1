import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'

export interface ProviderKey {
  tenantId: string
  instanceId: string
  providerMessageId: string
}

/** A delivery of ours, or a message that our own phone sent. */
export type ReceiptTarget = { deliveryId: string } | { messageId: string }

/**
 * What has this WhatsApp id. A send's answer gives it to the delivery and to its message in one transaction, and both are
 * looked for in one statement: between two, the answer may come, and a message of ours would be taken for the phone's.
 */
export async function findReceiptTarget(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, providerMessageId }: ProviderKey,
): Promise<ReceiptTarget | undefined> {
  const { rows } = await sql<{ delivery_id: string | null; message_id: string }>`
    select id as delivery_id, id as message_id from delivery
    where tenant_id = ${tenantId} and instance_id = ${instanceId} and provider_message_id = ${providerMessageId}
    union all
    select d.id, m.id from message m left join delivery d on d.tenant_id = m.tenant_id and d.id = m.id
    where m.tenant_id = ${tenantId} and m.instance_id = ${instanceId} and m.direction = 'outbound'
      and m.provider_message_id = ${providerMessageId}`.execute(transaction)
  const ours = rows.find(({ delivery_id }) => delivery_id !== null)
  if (ours) return { deliveryId: ours.message_id }
  const [own] = rows
  return own && { messageId: own.message_id }
}
