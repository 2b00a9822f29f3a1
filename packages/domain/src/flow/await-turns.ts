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
 * one, and words of consent. One statement for all of them.
 *
 * @returns how many there are
 */
export async function awaitTurns(
  transaction: DatabaseTransaction,
  candidates: TurnCandidate[],
): Promise<number> {
  if (candidates.length === 0) return 0
  const rows = candidates.map(({ tenantId, messageId, isOptWord, isBackfilled, requestId }) => ({
    ...{ tenant_id: tenantId, message_id: messageId, request_id: requestId },
    ...{ is_word: isOptWord, is_backfilled: isBackfilled },
  }))
  const { numAffectedRows } = await sql`
    insert into flow_turn (tenant_id, message_id, number, request_id)
    select c.tenant_id, c.message_id,
      (select m.number from message m where m.tenant_id = c.tenant_id and m.id = c.message_id), c.request_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c (tenant_id text, message_id uuid, request_id text,
      is_word boolean, is_backfilled boolean)
    where c.is_word or not c.is_backfilled and exists (
      select from flow f where f.tenant_id = c.tenant_id and f.retired_at is null and f.enabled)
    on conflict do nothing`.execute(transaction)
  return Number(numAffectedRows ?? 0)
}
