import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'

export interface InstanceToDelete {
  tenantId: string
  id: string
  actor: string
  requestId: string
}

/** Whether anything was ever written to or by the instance: that is kept, and names it. */
export async function hasHistory(
  db: Queryable,
  { tenantId, id }: Pick<InstanceToDelete, 'tenantId' | 'id'>,
): Promise<boolean> {
  const { rows } = await sql`
    select from ticket where tenant_id = ${tenantId} and instance_id = ${id}
    union all
    select from delivery where tenant_id = ${tenantId} and instance_id = ${id}
    limit 1`.execute(db)
  return rows.length > 0
}

/** Deletes an instance that has no history, with its line in the audit trail. */
export async function deleteInstance(
  db: Database,
  { tenantId, id, actor, requestId }: InstanceToDelete,
): Promise<{ status: 'deleted' | 'not_found' | 'has_history' }> {
  return inTransaction(db, async (transaction) => {
    const row = await transaction
      .selectFrom('instance')
      .select('name')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!row) return { status: 'not_found' }
    if (await hasHistory(transaction, { tenantId, id })) return { status: 'has_history' }
    await transaction.deleteFrom('instance').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
    const entity = { entityType: 'instance' as const, entityId: id, details: { name: row.name } }
    await recordAudit(transaction, [{ tenantId, actor, action: 'DELETED', ...entity, requestId }])
    return { status: 'deleted' }
  })
}
