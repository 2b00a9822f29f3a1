import { sql } from 'kysely'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { keepReadMark } from '../presence/keep-read-mark.ts'
import { lockTicket, type TicketKey } from './lock-ticket.ts'
import { tellTicketUpdated } from './tell-ticket.ts'

/**
 * Somebody has read a ticket: none of its messages is unread now, and WhatsApp is to be told.
 *
 * @returns whether the tenant has this ticket
 */
export async function markTicketRead(dependencies: CommitDependencies, key: TicketKey): Promise<boolean> {
  return commit(dependencies, async (work) => {
    const ticket = await lockTicket(work.transaction, key)
    if (!ticket || ticket.unread_count === 0) return ticket !== undefined
    await keepReadMark(work.transaction, ticket)
    const read = await work.transaction
      .updateTable('ticket')
      .set({ unread_count: 0, updated_at: sql`now()` })
      .where('tenant_id', '=', key.tenantId)
      .where('id', '=', key.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    tellTicketUpdated(work, read)
    return true
  })
}
