import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { MessageRow } from './store-message.ts'

/** A message by WhatsApp's id. */
export interface MessageKey {
  tenantId: string
  instanceId: string
  providerMessageId: string
}

/**
 * The stored message of this id, in either direction unless one is named; locked against other changes, while rows that
 * point to it may be written.
 */
export async function findMessage(
  { transaction }: UnitOfWork,
  { tenantId, instanceId, providerMessageId }: MessageKey,
  directions: ('inbound' | 'outbound')[] = ['inbound', 'outbound'],
): Promise<MessageRow | undefined> {
  return transaction
    .selectFrom('message')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('instance_id', '=', instanceId)
    .where('direction', 'in', directions)
    .where('provider_message_id', '=', providerMessageId)
    .orderBy('direction')
    .limit(1)
    .forNoKeyUpdate()
    .executeTakeFirst()
}
