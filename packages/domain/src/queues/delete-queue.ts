import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { recordAudit } from '../audit/record.ts'

/**
 * Deletes a queue that no ticket is in; closed ones leave it.
 *
 * @returns `in_use` when there is an open ticket in it
 */
export async function deleteQueue(
  { db }: { db: Database },
  { tenantId, id, actor, requestId }: { tenantId: string; id: string; actor: string; requestId: string },
): Promise<'deleted' | 'not_found' | 'in_use'> {
  return inTransaction(db, async (transaction) => {
    const queue = await transaction
      .selectFrom('queue')
      .select('name')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!queue) return 'not_found'
    const ticket = await transaction
      .selectFrom('ticket')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('queue_id', '=', id)
      .where('status', '<>', 'closed')
      .limit(1)
      .executeTakeFirst()
    if (ticket) return 'in_use'
    await transaction
      .updateTable('ticket')
      .set({ queue_id: null })
      .where('tenant_id', '=', tenantId)
      .where('queue_id', '=', id)
      .execute()
    await transaction.deleteFrom('queue').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
    const entity = { entityType: 'queue' as const, entityId: id }
    await recordAudit(transaction, [
      { tenantId, actor, action: 'DELETED', ...entity, details: { name: queue.name }, requestId },
    ])
    return 'deleted'
  })
}
