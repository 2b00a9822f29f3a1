import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

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

/** Gives a turn up: what the flow could not do with it a person must. */
export async function dropTurn(db: Database, { tenantId, messageId }: Turn): Promise<void> {
  await db
    .deleteFrom('flow_turn')
    .where('tenant_id', '=', tenantId)
    .where('message_id', '=', messageId)
    .execute()
}
