import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { FLOW_PREFIX } from './flow-key.ts'
import { FlowState } from './flow-state.ts'
import type { LockedTurn } from './lock-turn.ts'

/** How a ticket's conversation stands, and what a person did in it. */
export interface Conversation {
  state: FlowState
  /** When a person last wrote in it. */
  personWroteAt: Date | null
}

interface Facts {
  person_wrote_at: Date | null
  said: string[] | null
}

/**
 * Reads a conversation. A person is whoever writes from a chat (urgency 0) or on our own phone; notices and campaigns
 * of other systems are none. What was said is read from what was sent, too: a ticket that another one went into knows
 * what was said in that one.
 */
export async function readConversation(
  transaction: DatabaseTransaction,
  { ticket }: LockedTurn,
): Promise<Conversation> {
  const { tenant_id: tenantId, id: ticketId } = ticket
  const row = await transaction
    .selectFrom('flow_state')
    .select('state')
    .where('tenant_id', '=', tenantId)
    .where('ticket_id', '=', ticketId)
    .executeTakeFirst()
  const state = FlowState.parse(row?.state ?? {})
  const { person_wrote_at: personWroteAt, said } = await readFacts(transaction, tenantId, ticketId)
  return {
    state: {
      ...state,
      said: [...new Set([...state.said, ...(said ?? [])])],
      fields: textsOf(ticket.known_fields),
    },
    personWroteAt,
  }
}

/** The phone may tell of our own send before its answer names it: what has the flow's own words is the flow's. */
async function readFacts(
  transaction: DatabaseTransaction,
  tenantId: string,
  ticketId: string,
): Promise<Facts> {
  const { rows } = await sql<Facts>`
    with sent as (
      select m.text, coalesce(m.broker_at, m.created_at) as at, d.id is null and not m.content ? 'intent' as is_phone,
        d.priority, coalesce(starts_with(d.idempotency_key, ${FLOW_PREFIX}), false) as is_flow, d.idempotency_key
      from message m left join delivery d on d.tenant_id = m.tenant_id and d.id = m.id
      where m.tenant_id = ${tenantId} and m.ticket_id = ${ticketId} and m.direction = 'outbound'
    )
    select
      max(at) filter (where not is_flow and (priority = 0
        or is_phone and not exists (select from sent own where own.is_flow and own.text = sent.text))) as person_wrote_at,
      array_agg(distinct substring(idempotency_key from '[^:]*$')) filter (where is_flow) as said
    from sent`.execute(transaction)
  return rows[0] ?? { person_wrote_at: null, said: null }
}

const textsOf = (fields: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
