import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { LaneKey } from './lane.ts'

/** The lane that a delivery of the tenant is in: to be locked before the delivery is changed. */
export async function findLane(
  transaction: DatabaseTransaction,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<LaneKey | undefined> {
  const row = await transaction
    .selectFrom('delivery')
    .select(['instance_id', 'lane'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { tenantId, instanceId: row.instance_id, lane: row.lane }
}
