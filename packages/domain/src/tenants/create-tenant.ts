import { Slug } from '@carteiro/contracts/identifier'
import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { newId } from '@carteiro/database/new-id'

/**
 * Makes a tenant, with its event counter and its default queue. Making it again changes nothing.
 *
 * @throws ZodError when the id is not a slug
 */
export async function createTenant(
  { db }: { db: Database },
  tenant: { id: string; name: string; settings?: Record<string, unknown> },
): Promise<{ status: 'created' | 'exists' }> {
  const id = Slug.parse(tenant.id)
  return inTransaction(db, async (transaction) => {
    const made = await transaction
      .insertInto('tenant')
      .values({ id, name: tenant.name, settings: JSON.stringify(tenant.settings ?? {}) })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) return { status: 'exists' }
    await transaction.insertInto('event_counter').values({ tenant_id: id, last_seq: 0 }).execute()
    await transaction
      .insertInto('queue')
      .values({ tenant_id: id, id: newId(), name: 'Default', is_default: true })
      .execute()
    return { status: 'created' }
  })
}
