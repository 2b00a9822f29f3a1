import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type InstanceView, toInstanceView } from './create-instance.ts'

/** The tenant's instance of this id; another tenant's is as unknown as one that does not exist. */
export async function findInstance(
  db: Queryable,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<InstanceView | undefined> {
  const row = await db
    .selectFrom('instance')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toInstanceView(row)
}

/** The tenant's instances, by id. */
export async function listInstances(db: Queryable, tenantId: string): Promise<InstanceView[]> {
  const rows = await db
    .selectFrom('instance')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .orderBy('id')
    .execute()
  return rows.map(toInstanceView)
}

/** Who an instance belongs to, found by any name that a broker gives it. The one look-up without a tenant. */
export async function resolveInstance(
  db: Queryable,
  name: string,
): Promise<{ id: string; tenantId: string } | undefined> {
  const row = await db
    .selectFrom('instance')
    .select(['id', 'tenant_id'])
    .where((where) => where.or([where('id', '=', name), sql<boolean>`aliases @> array[${name}]`]))
    .orderBy(sql`id = ${name}`, 'desc')
    .executeTakeFirst()
  return row && { id: row.id, tenantId: row.tenant_id }
}
