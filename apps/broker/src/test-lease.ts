import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import type { HeldLease } from './held-lease.ts'

/** An instance, and the lease of it. */
export async function createHeldInstance(db: Database, id: string): Promise<HeldLease> {
  await db.insertInto('broker.instance').values({ id, tenant_id: 'demo', name: id, wanted: true }).execute()
  const row = await db
    .insertInto('broker.instance_lease')
    .values({ instance_id: id, holder: 'test', expires_at: sql<Date>`now() + interval '1 hour'` })
    .returning('generation')
    .executeTakeFirstOrThrow()
  return { instanceId: id, generation: String(row.generation), signal: new AbortController().signal }
}

/** Another broker takes the instance. */
export async function takeAway(db: Database, { instanceId }: HeldLease): Promise<void> {
  await db
    .updateTable('broker.instance_lease')
    .set({ holder: 'another', generation: sql<number>`nextval('broker.lease_generation')` })
    .where('instance_id', '=', instanceId)
    .execute()
}
