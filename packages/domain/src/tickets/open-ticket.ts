import type { DatabaseTransaction } from '@carteiro/database/connect'
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

/** The ticket of a message, and whether this message opened it. */
export interface OpenTicket {
  id: string
  opened: boolean
}

/** What the messages of one ticket change of it. */
interface Touch {
  tenant_id: string
  id: string
  contact_id: string
  instance_id: string
  preview: string | null
  unread_count: number
  last_message_at: Date
}

const PREVIEW_LENGTH = 120

/** As much of a message as a list of tickets shows. */
export const previewOf = (text: string): string => text.slice(0, PREVIEW_LENGTH)

/**
 * The open ticket of a contact on an instance, touched by a message; opened when there is none, with its entry in the
 * timeline and its event.
 */
export async function openTicket(work: UnitOfWork, message: TicketMessage): Promise<{ id: string }> {
  const [ticket] = await openTickets(work.transaction, [message])
  if (!ticket) throw new Error('PostgreSQL gave back no ticket')
  if (ticket.opened) {
    await appendTimeline(work.transaction, [
      { tenantId: message.tenantId, ticketId: ticket.id, type: 'TICKET_OPENED' },
    ])
    tellOpened(work, message, ticket.id)
  }
  return { id: ticket.id }
}

/**
 * The open tickets of messages, in the messages' order, each touched once by all of its messages. A partial unique
 * index holds "one open ticket per contact and instance" for any number of workers; rows are locked in its order. The
 * caller tells of those that were opened.
 */
export async function openTickets(
  transaction: DatabaseTransaction,
  messages: TicketMessage[],
): Promise<OpenTicket[]> {
  const touches = new Map<string, Touch>()
  for (const message of messages) touches.set(keyOf(message), touch(message, touches.get(keyOf(message))))
  const { rows } = await sql<Pick<Touch, 'tenant_id' | 'contact_id' | 'instance_id' | 'id'> & OpenTicket>`
    insert into ticket as t
      (tenant_id, id, contact_id, instance_id, queue_id, preview, unread_count, last_message_at)
    select m.tenant_id, m.id, m.contact_id, m.instance_id, queue.id, m.preview, m.unread_count, m.last_message_at
    from jsonb_to_recordset(${JSON.stringify([...touches.values()])}::jsonb) as m (tenant_id text, id uuid,
      contact_id uuid, instance_id text, preview text, unread_count integer, last_message_at timestamptz)
    left join queue on queue.tenant_id = m.tenant_id and queue.is_default
    order by m.tenant_id, m.contact_id, m.instance_id
    on conflict (tenant_id, contact_id, instance_id) where status <> 'closed' do update set
      preview = excluded.preview,
      unread_count = t.unread_count + excluded.unread_count,
      last_message_at = greatest(t.last_message_at, excluded.last_message_at),
      updated_at = now()
    returning tenant_id, contact_id, instance_id, id, xmax = 0 as opened`.execute(transaction)
  const tickets = new Map(rows.map((row) => [`${row.tenant_id} ${row.contact_id} ${row.instance_id}`, row]))
  return messages.map((message) => {
    const ticket = tickets.get(keyOf(message))
    if (!ticket) throw new Error('PostgreSQL gave back no ticket')
    const { id, opened } = ticket
    // By the first of its messages.
    ticket.opened = false
    return { id, opened }
  })
}

/** Tells of a ticket that a message opened. */
export function tellOpened(
  work: UnitOfWork,
  { tenantId, contactId, instanceId }: Pick<TicketMessage, 'tenantId' | 'contactId' | 'instanceId'>,
  ticketId: string,
): void {
  const keys = { ticketId, contactId, instanceId }
  work.record({ tenantId, type: 'tickets.new', ...keys, payload: keys })
}

const keyOf = ({ tenantId, contactId, instanceId }: TicketMessage) => `${tenantId} ${contactId} ${instanceId}`

function touch(message: TicketMessage, before: Touch | undefined): Touch {
  const { at } = message
  return {
    tenant_id: message.tenantId,
    id: before?.id ?? newId(),
    contact_id: message.contactId,
    instance_id: message.instanceId,
    preview: message.preview === null ? null : previewOf(message.preview),
    unread_count: (before?.unread_count ?? 0) + (message.direction === 'inbound' ? 1 : 0),
    last_message_at: before && before.last_message_at > at ? before.last_message_at : at,
  }
}
