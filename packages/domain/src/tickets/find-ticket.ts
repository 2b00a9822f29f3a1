import type { Queryable } from '@carteiro/database/connect'

/** Whether the tenant has this ticket. */
export async function hasTicket(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('ticket')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}
