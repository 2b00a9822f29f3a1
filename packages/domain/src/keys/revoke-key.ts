import type { Database } from '@carteiro/database/connect'

/** The tenant's keys, without their secrets. */
export async function listKeys({ db }: { db: Database }, tenantId: string) {
  return db
    .selectFrom('api_key')
    .select(['id', 'name', 'scopes', 'created_at', 'revoked_at'])
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at')
    .execute()
}

/** From now on the key opens nothing. @returns whether the tenant had such a living key */
export async function revokeKey(
  { db }: { db: Database },
  { tenantId, id }: { tenantId: string; id: string },
): Promise<boolean> {
  const revoked = await db
    .updateTable('api_key')
    .set({ revoked_at: new Date() })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return revoked !== undefined
}
