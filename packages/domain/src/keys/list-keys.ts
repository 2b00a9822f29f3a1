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
