import type { TicketTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { appendTimeline } from '../timeline/append.ts'

/** Tickets that are placed in one transaction. */
const BATCH = 200

/**
 * Places the open tickets that are in no queue, because there was no default one when they were opened, into the
 * default one. May be run at any time, and again.
 *
 * @returns how many
 */
export async function placeTickets(dependencies: CommitDependencies, tenantId: string): Promise<number> {
  for (let placed = 0; ; ) {
    const count = await commit(dependencies, async (work) => {
      const { rows } = await sql<Selectable<TicketTable>>`
        update ticket t set queue_id = queue.id, version = version + 1, updated_at = now()
        from queue, (
          select id from ticket where tenant_id = ${tenantId} and queue_id is null and status <> 'closed'
          order by id limit ${BATCH} for update
        ) waiting
        where queue.tenant_id = ${tenantId} and queue.is_default and t.tenant_id = ${tenantId} and t.id = waiting.id
        returning t.*`.execute(work.transaction)
      await appendTimeline(
        work.transaction,
        rows.map(({ id, queue_id }) => ({
          ...{ tenantId, ticketId: id },
          type: 'TICKET_QUEUED',
          details: { from: null, to: queue_id },
        })),
      )
      for (const row of rows) tellTicketUpdated(work, row)
      return rows.length
    })
    placed += count
    if (count < BATCH) return placed
  }
}
