import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** A lease that is valid now, by PostgreSQL's clock. */
export interface LeaseFacts {
  holder: string
  address: string | null
  generation: number
  expiresAt: Date
}

/** Who holds the instance; `undefined` when nobody does. */
export async function readLease(db: Database, instanceId: string): Promise<LeaseFacts | undefined> {
  return await db
    .selectFrom('broker.instance_lease')
    .select(['holder', 'address', 'generation', 'expires_at as expiresAt'])
    .where('instance_id', '=', instanceId)
    .where(sql<boolean>`expires_at > now()`)
    .executeTakeFirst()
}

/** Where requests for the instance are answered; `undefined` when nobody holds it. */
export async function findHolder(
  db: Database,
  instanceId: string,
): Promise<{ id: string; address: string | null } | undefined> {
  const lease = await readLease(db, instanceId)
  return lease && { id: lease.holder, address: lease.address }
}
