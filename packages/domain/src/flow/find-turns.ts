import type { Database } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { appendTimeline } from '../timeline/append.ts'

/** A message that waits for the flow. */
export interface Turn {
  tenantId: string
  ticketId: string
  messageId: string
}

/** Messages that wait for the flow, in the order in which they were stored. */
export async function findTurns(db: Database, limit: number): Promise<Turn[]> {
  const { rows } = await sql<Turn>`
    select t.tenant_id as "tenantId", m.ticket_id as "ticketId", t.message_id as "messageId"
    from flow_turn t join message m on m.tenant_id = t.tenant_id and m.id = t.message_id
    order by t.number limit ${limit}`.execute(db)
  return rows
}

/** Gives a turn up: what the flow could not do with it a person must, and the ticket's timeline says so. */
export async function giveUpTurn(db: Database, { tenantId, messageId }: Turn): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const { rows } = await sql<{ ticket_id: string }>`
      delete from flow_turn t using message m
      where t.tenant_id = ${tenantId} and t.message_id = ${messageId}
        and m.tenant_id = t.tenant_id and m.id = t.message_id
      returning m.ticket_id`.execute(transaction)
    const entries = rows.map(({ ticket_id: ticketId }) => ({ tenantId, ticketId, messageId }))
    await appendTimeline(
      transaction,
      entries.map((entry) => ({ ...entry, type: 'FLOW_FAILED' as const })),
    )
  })
}
