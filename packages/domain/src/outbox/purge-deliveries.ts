import type { Database } from '@carteiro/database/connect'
import { lowestId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import { listTenants } from '../tenants/list-tenants.ts'

const BATCH = 500
const DAY_MS = 86_400_000

/**
 * Deletes deliveries that ended longer ago than `days`, with their attempts and history, tenant by tenant, 500 in a
 * transaction. What is open stays, however old; so do the messages in their tickets. A chore: it looks across tenants.
 *
 * @param signal ends it between two batches
 * @returns how many went
 */
export async function purgeDeliveries(
  db: Database,
  { days, signal }: { days: number; signal: AbortSignal },
): Promise<number> {
  let purged = 0
  for (const { id: tenantId } of await listTenants({ db })) {
    let after: string | undefined
    do {
      if (signal.aborted) return purged
      const ids = await purgeSome(db, { tenantId, days, after })
      purged += ids.length
      after = ids.length < BATCH ? undefined : ids.at(-1)
    } while (after !== undefined)
  }
  return purged
}

/**
 * Ids grow with time, so the primary key finds what is old. A row that somebody holds is left for the next round: who
 * changes a delivery locks its lane first, and we lock none.
 */
async function purgeSome(
  db: Database,
  { tenantId, days, after }: { tenantId: string; days: number; after: string | undefined },
): Promise<string[]> {
  const madeBefore = lowestId(new Date(Date.now() - days * DAY_MS))
  const { rows } = await sql<{ id: string }>`
    with old as (
      select tenant_id, id from delivery
      where tenant_id = ${tenantId} and id > ${after ?? lowestId(new Date(0))}::uuid and id < ${madeBefore}::uuid
        and state in ('SENT', 'DELIVERED', 'READ', 'FAILED', 'CANCELLED')
        and settled_at < now() - make_interval(days => ${days})
      order by id limit ${BATCH} for update skip locked
    ), deleted as (
      delete from delivery d using old where d.tenant_id = old.tenant_id and d.id = old.id returning d.id
    )
    select id from deleted order by id`.execute(db)
  return rows.map(({ id }) => id)
}
