import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { MessageRow } from './store-message.ts'

/** A tenant's message by our id, locked against other changes; rows that point to it may be written meanwhile. */
export function lockMessage(
  { transaction }: UnitOfWork,
  { tenantId, messageId }: { tenantId: string; messageId: string },
): Promise<MessageRow | undefined> {
  return transaction
    .selectFrom('message')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', messageId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}
