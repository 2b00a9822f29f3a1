import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { recordAudit } from '../audit/record.ts'

/** From now on the key opens nothing. @returns whether the tenant had such a living key */
export async function revokeKey(
  { db }: { db: Database },
  { tenantId, id, actor }: { tenantId: string; id: string; actor: string },
): Promise<boolean> {
  return inTransaction(db, async (transaction) => {
    const revoked = await transaction
      .updateTable('api_key')
      .set({ revoked_at: new Date() })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!revoked) return false
    await recordAudit(transaction, [
      { tenantId, actor, action: 'UPDATED', entityType: 'api_key', entityId: id, details: { revoked: true } },
    ])
    return true
  })
}
