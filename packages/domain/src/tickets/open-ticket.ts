import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { appendTimeline } from '../timeline/append.ts'

export interface TicketMessage {
  tenantId: string
  contactId: string
  instanceId: string
  direction: 'inbound' | 'outbound'
  /** What the list of tickets shows of it. */
  preview: string | null
  at: Date
}

const PREVIEW_LENGTH = 120

/** As much of a message as a list of tickets shows. */
export const previewOf = (text: string): string => text.slice(0, PREVIEW_LENGTH)

/**
 * The open ticket of a contact on an instance, touched by a message; opened when there is none. A partial unique
 * index holds "one open ticket per contact and instance" for any number of workers.
 */
export async function openTicket(work: UnitOfWork, message: TicketMessage): Promise<{ id: string }> {
  const unread = message.direction === 'inbound' ? 1 : 0
  const preview = message.preview === null ? null : previewOf(message.preview)
  const { rows } = await sql<{ id: string; opened: boolean }>`
    insert into ticket as t
      (tenant_id, id, contact_id, instance_id, queue_id, preview, unread_count, last_message_at)
    values (
      ${message.tenantId}, ${newId()}, ${message.contactId}, ${message.instanceId},
      (select id from queue where tenant_id = ${message.tenantId} and is_default),
      ${preview}, ${unread}, ${message.at}
    )
    on conflict (tenant_id, contact_id, instance_id) where status <> 'closed' do update set
      preview = excluded.preview,
      unread_count = t.unread_count + ${unread},
      last_message_at = greatest(t.last_message_at, excluded.last_message_at),
      updated_at = now()
    returning id, xmax = 0 as opened`.execute(work.transaction)
  const ticket = rows[0]
  if (!ticket) throw new Error('PostgreSQL gave back no ticket')
  if (ticket.opened) await tellOpened(work, ticket.id, message)
  return { id: ticket.id }
}

async function tellOpened(work: UnitOfWork, ticketId: string, message: TicketMessage): Promise<void> {
  const { tenantId, contactId, instanceId } = message
  await appendTimeline(work.transaction, [{ tenantId, ticketId, type: 'TICKET_OPENED' }])
  work.record({
    tenantId,
    type: 'tickets.new',
    ticketId,
    contactId,
    instanceId,
    payload: { ticketId, contactId, instanceId },
  })
}
