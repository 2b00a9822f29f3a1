import type { Queue } from '@carteiro/contracts/ticket'
import type { Queryable } from '@carteiro/database/connect'
import type { QueueTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'

/** As many as a tenant may have: a list of them needs no pages. */
export const MAX_QUEUES = 500

/** A tenant's queues, by name. */
export async function listQueues(db: Queryable, tenantId: string): Promise<Queue[]> {
  const rows = await db
    .selectFrom('queue')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('name')
    .limit(MAX_QUEUES)
    .execute()
  return rows.map(toQueue)
}

export const toQueue = ({ id, name, is_default, created_at }: Selectable<QueueTable>): Queue => ({
  id,
  name,
  isDefault: is_default,
  createdAt: created_at.toISOString(),
})
