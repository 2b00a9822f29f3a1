import { DeliveryState } from '@carteiro/contracts/delivery'
import type { DatabaseTransaction, Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** A state that a delivery reached, and why where there is a reason. */
export interface Reached {
  tenant_id: string
  id: string
  state: DeliveryState
  reason?: string | null
}

/** Writes down which states deliveries reached, in the transaction in which they reached them. */
export async function recordHistory(transaction: DatabaseTransaction, reached: Reached[]): Promise<void> {
  const rows = reached.map(({ tenant_id, id, state, reason }) => ({ tenant_id, id, state, reason }))
  await sql`
    insert into delivery_history (tenant_id, delivery_id, state, reason)
    select tenant_id, id, state, reason from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as reached (tenant_id text, id uuid, state text, reason text)`.execute(transaction)
}

/** A delivery's states, in the order in which it reached them. */
export async function readHistory(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<{ status: DeliveryState; at: string; reason?: string }[]> {
  const rows = await db
    .selectFrom('delivery_history')
    .select(['state', 'reason', 'at'])
    .where('tenant_id', '=', tenantId)
    .where('delivery_id', '=', id)
    .orderBy('number')
    .execute()
  return rows.map(({ state, reason, at }) => ({
    status: DeliveryState.parse(state),
    at: at.toISOString(),
    ...(reason === null ? {} : { reason }),
  }))
}
