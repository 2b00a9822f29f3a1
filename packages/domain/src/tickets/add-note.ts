import type { TicketNote } from '@carteiro/contracts/ticket'
import { type CommitDependencies, commit } from '../events/unit-of-work.ts'
import { appendTimeline } from '../timeline/append.ts'
import { lockTicket, type TicketKey } from './lock-ticket.ts'

/**
 * Writes a note into a ticket's timeline: for colleagues, never for the contact.
 *
 * @returns `undefined` when the tenant has no such ticket
 */
export async function addNote(
  dependencies: CommitDependencies,
  { text, actor, ...key }: TicketKey & { text: string; actor: string },
): Promise<TicketNote | undefined> {
  return commit(dependencies, async (work) => {
    const ticket = await lockTicket(work.transaction, key)
    if (!ticket) return undefined
    const [entry] = await appendTimeline(work.transaction, [
      { tenantId: key.tenantId, ticketId: key.id, type: 'NOTE', details: { text, by: actor } },
    ])
    if (!entry) throw new Error('PostgreSQL gave back no note')
    const note = { id: entry.id, text, by: actor, at: entry.occurred_at.toISOString() }
    const keys = { ticketId: key.id, contactId: ticket.contact_id, instanceId: ticket.instance_id }
    work.record({ tenantId: key.tenantId, type: 'ticket.note', ...keys, payload: { ...keys, note } })
    return note
  })
}
