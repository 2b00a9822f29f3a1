import type { DatabaseTransaction } from '@carteiro/database/connect'
import type { ContactTable, MessageTable, TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import type { Turn } from './find-turns.ts'

/** A turn that is ours: nobody else changes its ticket until the transaction ends. */
export interface LockedTurn {
  contact: Selectable<ContactTable>
  ticket: Selectable<TicketTable>
  message: Selectable<MessageTable>
  requestId: string
}

/**
 * Takes a turn: its contact and ticket are locked in the order in which everyone locks, and the turn is gone with the
 * transaction.
 *
 * @returns `undefined` when somebody else has taken it
 */
export async function lockTurn(
  transaction: DatabaseTransaction,
  { tenantId, messageId }: Turn,
): Promise<LockedTurn | undefined> {
  await sql`
    select from contact c
    where c.tenant_id = ${tenantId} and c.id = (
      select k.contact_id from message m join ticket k on k.tenant_id = m.tenant_id and k.id = m.ticket_id
      where m.tenant_id = ${tenantId} and m.id = ${messageId})
    for no key update`.execute(transaction)
  const { rows: tickets } = await sql<Selectable<TicketTable>>`
    select k.* from ticket k
    where k.tenant_id = ${tenantId} and k.id = (
      select ticket_id from message where tenant_id = ${tenantId} and id = ${messageId})
    for no key update`.execute(transaction)
  const taken = await transaction
    .deleteFrom('flow_turn')
    .where('tenant_id', '=', tenantId)
    .where('message_id', '=', messageId)
    .returning('request_id')
    .executeTakeFirst()
  const [ticket] = tickets
  if (!taken || !ticket) return undefined
  // Another one than above only when two contacts were joined in between.
  const contact = await transaction
    .selectFrom('contact')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', ticket.contact_id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  const message = await transaction
    .selectFrom('message')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow()
  return { contact, ticket, message, requestId: taken.request_id ?? `flow-${messageId}` }
}
