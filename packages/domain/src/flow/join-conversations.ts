import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { FlowState } from './flow-state.ts'

/** How a conversation stands, without what is known of the customer: that is the ticket's. */
type Standing = Omit<FlowState, 'fields'>

const RANK: Record<FlowState['status'], number> = { active: 0, stopped: 1, handed_off: 2 }

/**
 * How two conversations with one person stand as one. Pure: what was said in either was said; what a person has in
 * either a person has; of two questions that wait, the one that was asked last does.
 */
function joinStates(earlier: Standing, later: Standing): Standing {
  const leading = RANK[earlier.status] > RANK[later.status] ? earlier : later
  const { status, reason, stoppedAt } = leading
  const asked = later.pending === null ? earlier : later
  const { pending, tries } = status === 'handed_off' ? { pending: null, tries: 0 } : asked
  return {
    ...{ status, reason, stoppedAt, pending, tries },
    said: [...new Set([...earlier.said, ...later.said])],
    passed: [...new Set([...earlier.passed, ...later.passed])],
  }
}

/** A ticket goes into another one: its conversation goes on there. Both tickets are locked. */
export async function joinConversations(
  transaction: DatabaseTransaction,
  tenantId: string,
  { keptTicketId, goneTicketId }: { keptTicketId: string; goneTicketId: string },
): Promise<void> {
  const rows = await transaction
    .selectFrom('flow_state')
    .select(['ticket_id', 'state'])
    .where('tenant_id', '=', tenantId)
    .where('ticket_id', 'in', [keptTicketId, goneTicketId])
    .orderBy('updated_at')
    .execute()
  const [earlier, later] = rows.map(({ state }) => FlowState.parse(state))
  if (!earlier || !rows.some(({ ticket_id: id }) => id === goneTicketId)) return
  const state = later ? joinStates(earlier, later) : earlier
  await sql`
    insert into flow_state (tenant_id, ticket_id, state)
    values (${tenantId}, ${keptTicketId}, ${JSON.stringify(state)}::jsonb)
    on conflict (tenant_id, ticket_id) do update set state = excluded.state, updated_at = now()`.execute(
    transaction,
  )
}
