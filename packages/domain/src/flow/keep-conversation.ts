import { isDeepStrictEqual } from 'node:util'
import type { TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { appendTimeline } from '../timeline/append.ts'
import type { FlowState } from './flow-state.ts'
import type { LockedTurn } from './lock-turn.ts'

/** Writes down how a conversation stands after a turn: its state, and on the ticket what is known by now. */
export async function keepConversation(
  work: UnitOfWork,
  { ticket }: LockedTurn,
  { before, after }: { before: FlowState; after: FlowState },
): Promise<void> {
  const { tenant_id: tenantId, id: ticketId } = ticket
  const { fields, ...state } = after
  await sql`
    insert into flow_state (tenant_id, ticket_id, state) values (${tenantId}, ${ticketId}, ${JSON.stringify(state)}::jsonb)
    on conflict (tenant_id, ticket_id) do update set state = excluded.state, updated_at = now()`.execute(
    work.transaction,
  )
  if (before.status !== 'handed_off' && after.status === 'handed_off') {
    const { reason } = after
    await appendTimeline(work.transaction, [
      {
        tenantId,
        ticketId,
        type: 'TICKET_HANDED_OFF',
        details: { reason, knownFields: Object.keys(fields) },
      },
    ])
  }
  if (isDeepStrictEqual(before.fields, fields)) return
  const { rows } = await sql<Selectable<TicketTable>>`
    update ticket set known_fields = known_fields || ${JSON.stringify(fields)}::jsonb, updated_at = now()
    where tenant_id = ${tenantId} and id = ${ticketId} returning *`.execute(work.transaction)
  for (const row of rows) tellTicketUpdated(work, row)
}
