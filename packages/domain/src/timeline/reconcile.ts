import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { repairTickets } from './repair-tickets.ts'

/** Tickets that are compared in one transaction. */
const BATCH = 500

/** `03:00` of UTC: the hour from which a day's run is due. */
const NIGHT = sql`interval '3 hours'`

/**
 * Tenants whose tickets are to be compared: once a night, when somebody asked for it, and where a run was begun and not
 * ended.
 */
export async function findUnreconciled(db: Database): Promise<string[]> {
  await sql`
    insert into timeline_reconciliation (tenant_id)
    select t.id from tenant t where not exists (select from timeline_reconciliation r where r.tenant_id = t.id)
    on conflict do nothing`.execute(db)
  const { rows } = await sql<{ tenant_id: string }>`
    select tenant_id from timeline_reconciliation
    where started_at is null or finished_at is null or requested_at > started_at
      or started_at < date_trunc('day', now() - ${NIGHT}, 'UTC') + ${NIGHT}
    order by tenant_id`.execute(db)
  return rows.map((row) => row.tenant_id)
}

export interface ReconcileStep {
  status: 'more' | 'finished' | 'busy'
  tickets: number
  repaired: number
}

interface Run {
  started_at: Date
  after_ticket: string | null
  tickets: number
  repaired: number
}

/**
 * The next part of a tenant's run, or the first of a new one: each ticket's times are compared with its messages and
 * repaired, with `ticket.updated` for each that was. The place is kept in the same transaction, so that a run goes on
 * where it was. Its end is told by `whatsapp.timeline.reconciled`.
 *
 * @returns `busy` when another worker is at it
 */
export async function reconcileNext(
  dependencies: CommitDependencies,
  tenantId: string,
  batch = BATCH,
): Promise<ReconcileStep> {
  return commit(dependencies, async (work) => {
    const { transaction } = work
    const run = await beginOrResume(work.transaction, tenantId)
    if (!run) return { status: 'busy', tickets: 0, repaired: 0 }
    const { rows } = await sql<{ id: string }>`
      select id from ticket where tenant_id = ${tenantId} and id > ${run.after_ticket ?? FIRST}
      order by id limit ${batch}`.execute(transaction)
    const ids = rows.map(({ id }) => id)
    const repaired = await repairTickets(transaction, tenantId, ids)
    for (const ticket of repaired) tellTicketUpdated(work, ticket)
    const isLast = ids.length < batch
    const totals = { tickets: run.tickets + ids.length, repaired: run.repaired + repaired.length }
    await sql`
      update timeline_reconciliation set tickets = ${totals.tickets}, repaired = ${totals.repaired},
        after_ticket = ${isLast ? null : (ids.at(-1) ?? null)}, finished_at = ${isLast ? sql`clock_timestamp()` : null}
      where tenant_id = ${tenantId}`.execute(transaction)
    if (isLast) {
      const durationMs = Math.max(0, Date.now() - run.started_at.getTime())
      work.record({
        tenantId,
        type: 'whatsapp.timeline.reconciled',
        payload: { tenantId, ...totals, durationMs },
      })
    }
    return { status: isLast ? 'finished' : 'more', ...totals }
  })
}

const FIRST = '00000000-0000-0000-0000-000000000000'

async function beginOrResume(transaction: DatabaseTransaction, tenantId: string): Promise<Run | undefined> {
  const { rows } = await sql<Run>`
    with mine as (
      select tenant_id, started_at is not null and finished_at is null as is_under_way from timeline_reconciliation
      where tenant_id = ${tenantId} for update skip locked
    )
    update timeline_reconciliation r set
      started_at = case when is_under_way then started_at else clock_timestamp() end,
      after_ticket = case when is_under_way then after_ticket end,
      tickets = case when is_under_way then tickets else 0 end,
      repaired = case when is_under_way then repaired else 0 end,
      finished_at = null
    from mine where r.tenant_id = mine.tenant_id
    returning r.started_at, r.after_ticket, r.tickets, r.repaired`.execute(transaction)
  return rows[0]
}
