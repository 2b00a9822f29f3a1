import type { DatabaseTransaction } from '@carteiro/database/connect'

export interface ProviderKey {
  tenantId: string
  instanceId: string
  providerMessageId: string
}

/** The outbound message that has this WhatsApp id, whoever wrote it: our outbox or the phone. */
export async function findOwnMessage(
  transaction: DatabaseTransaction,
  { tenantId, instanceId, providerMessageId }: ProviderKey,
): Promise<string | undefined> {
  const row = await transaction
    .selectFrom('message')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('instance_id', '=', instanceId)
    .where('direction', '=', 'outbound')
    .where('provider_message_id', '=', providerMessageId)
    .executeTakeFirst()
  return row?.id
}
