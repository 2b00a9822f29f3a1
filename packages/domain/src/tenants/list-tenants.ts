import type { Database } from '@carteiro/database/connect'

/** Every tenant, by id. For operators: no request lists tenants. */
export async function listTenants({ db }: { db: Database }) {
  return db.selectFrom('tenant').select(['id', 'name', 'created_at']).orderBy('id').execute()
}
