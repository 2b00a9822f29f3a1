import type { Reconciliation } from '@carteiro/contracts/ticket'
import type { Database, Queryable } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record.ts'

/** How a tenant's last run went, or goes. */
export async function readReconciliation(db: Queryable, tenantId: string): Promise<Reconciliation> {
  const row = await db
    .selectFrom('timeline_reconciliation')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return {
    requestedAt: row?.requested_at?.toISOString() ?? null,
    startedAt: row?.started_at?.toISOString() ?? null,
    finishedAt: row?.finished_at?.toISOString() ?? null,
    tickets: row?.tickets ?? 0,
    repaired: row?.repaired ?? 0,
  }
}

/** Asks the workers for a run of its own; one that is under way ends first. */
export async function requestReconciliation(
  { db }: { db: Database },
  { tenantId, actor, requestId }: { tenantId: string; actor: string; requestId: string },
): Promise<Reconciliation> {
  return inTransaction(db, async (transaction) => {
    await sql`
      insert into timeline_reconciliation (tenant_id, requested_at) values (${tenantId}, clock_timestamp())
      on conflict (tenant_id) do update set requested_at = excluded.requested_at`.execute(transaction)
    const details = { asked: 'timeline reconciliation' }
    const entity = { entityType: 'tenant' as const, entityId: tenantId }
    await recordAudit(transaction, [{ tenantId, actor, action: 'UPDATED', ...entity, details, requestId }])
    return readReconciliation(transaction, tenantId)
  })
}
