import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** A customer's message that was just stored. */
export interface TurnCandidate {
  tenantId: string
  messageId: string
  /** It is a word of consent, which counts with or without a flow. */
  isOptWord: boolean
  /** WhatsApp told of it later: nobody answers it, but its word counts. */
  isBackfilled: boolean
  requestId: string
}

/**
 * Writes down, in the transaction that stores them, which messages the flow has to look at: those of tenants that have
 * one, and words of consent. Where no tenant has one, that is one look for all of them.
 *
 * @returns how many there are
 */
export async function awaitTurns(
  transaction: DatabaseTransaction,
  candidates: TurnCandidate[],
): Promise<number> {
  if (candidates.length === 0) return 0
  const enabled = await findEnabled(transaction, candidates)
  const rows = candidates
    .filter(({ tenantId, isOptWord, isBackfilled }) => isOptWord || (!isBackfilled && enabled.has(tenantId)))
    .map(({ tenantId, messageId, requestId }) => ({
      tenant_id: tenantId,
      message_id: messageId,
      request_id: requestId,
    }))
  if (rows.length === 0) return 0
  const { numAffectedRows } = await sql`
    insert into flow_turn (tenant_id, message_id, number, request_id)
    select c.tenant_id, c.message_id, m.number, c.request_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c (tenant_id text, message_id uuid, request_id text)
      join message m on m.tenant_id = c.tenant_id and m.id = c.message_id
    on conflict do nothing`.execute(transaction)
  return Number(numAffectedRows ?? 0)
}

async function findEnabled(
  transaction: DatabaseTransaction,
  candidates: TurnCandidate[],
): Promise<Set<string>> {
  const rows = await transaction
    .selectFrom('flow')
    .select('tenant_id')
    .where('tenant_id', 'in', [...new Set(candidates.map(({ tenantId }) => tenantId))])
    .where('retired_at', 'is', null)
    .where('enabled', '=', true)
    .execute()
  return new Set(rows.map((row) => row.tenant_id))
}
