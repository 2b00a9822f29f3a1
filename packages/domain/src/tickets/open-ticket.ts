import { cut } from '@carteiro/contracts/storable-text'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import { readContactViews } from '../contacts/view.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { appendTimeline } from '../timeline/append.ts'
import {
  DESCRIBED_COLUMNS,
  type DescribedRow,
  type DescribedTicket,
  describeTicket,
} from './describe-ticket.ts'
import { tellOpened } from './tell-ticket.ts'

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
  /** As all of the messages left it. */
  described: DescribedTicket
}

type Written = DescribedRow &
  Pick<Touch, 'tenant_id' | 'contact_id' | 'instance_id' | 'id'> & { opened: boolean }

/** What the messages of one ticket change of it. */
interface Touch {
  tenant_id: string
  id: string
  contact_id: string
  instance_id: string
  preview: string | null
  unread_count: number
  last_message_at: Date
  first_inbound_at: Date | null
  last_inbound_at: Date | null
  first_outbound_at: Date | null
  last_outbound_at: Date | null
}

const PREVIEW_LENGTH = 120

/** When each side first and last wrote. */
const SIDES = sql.raw('first_inbound_at, last_inbound_at, first_outbound_at, last_outbound_at')

/** As much of a message as a list of tickets shows. */
export const previewOf = (text: string): string => cut(text, PREVIEW_LENGTH)

/**
 * The open ticket of a contact on an instance, touched by a message; opened when there is none, with its entry in the
 * timeline and its event.
 */
export async function openTicket(work: UnitOfWork, message: TicketMessage): Promise<{ id: string }> {
  const [ticket] = await openTickets(work.transaction, [message])
  if (!ticket) throw new Error('PostgreSQL gave back no ticket')
  if (ticket.opened) {
    const { tenantId } = message
    await appendTimeline(work.transaction, [{ tenantId, ticketId: ticket.id, type: 'TICKET_OPENED' }])
    const opened = { ...message, ticketId: ticket.id, described: ticket.described }
    tellOpened(work, opened, await readContactViews(work.transaction, [opened]))
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
  const { rows } = await sql<Written>`
    insert into ticket as t
      (tenant_id, id, contact_id, instance_id, queue_id, preview, unread_count, last_message_at, ${SIDES})
    select m.tenant_id, m.id, m.contact_id, m.instance_id, queue.id, m.preview, m.unread_count, m.last_message_at,
      ${SIDES}
    from jsonb_to_recordset(${JSON.stringify([...touches.values()])}::jsonb) as m (tenant_id text, id uuid,
      contact_id uuid, instance_id text, preview text, unread_count integer, last_message_at timestamptz,
      first_inbound_at timestamptz, last_inbound_at timestamptz, first_outbound_at timestamptz,
      last_outbound_at timestamptz)
    left join queue on queue.tenant_id = m.tenant_id and queue.is_default
    order by m.tenant_id, m.contact_id, m.instance_id
    on conflict (tenant_id, contact_id, instance_id) where status <> 'closed' do update set
      preview = excluded.preview,
      unread_count = t.unread_count + excluded.unread_count,
      last_message_at = greatest(t.last_message_at, excluded.last_message_at),
      first_inbound_at = least(t.first_inbound_at, excluded.first_inbound_at),
      last_inbound_at = greatest(t.last_inbound_at, excluded.last_inbound_at),
      first_outbound_at = least(t.first_outbound_at, excluded.first_outbound_at),
      last_outbound_at = greatest(t.last_outbound_at, excluded.last_outbound_at),
      updated_at = now()
    returning tenant_id, contact_id, instance_id, id, xmax = 0 as opened,
      ${sql.join(DESCRIBED_COLUMNS.map((column) => sql.ref(column)))}`.execute(transaction)
  const tickets = new Map(rows.map((row) => [`${row.tenant_id} ${row.contact_id} ${row.instance_id}`, row]))
  return messages.map((message) => {
    const ticket = tickets.get(keyOf(message))
    if (!ticket) throw new Error('PostgreSQL gave back no ticket')
    const { id, opened } = ticket
    const described = describeTicket(ticket)
    // By the first of its messages.
    ticket.opened = false
    return { id, opened, described }
  })
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
    last_message_at: latest(before?.last_message_at, at),
    first_inbound_at: before?.first_inbound_at ?? null,
    last_inbound_at: before?.last_inbound_at ?? null,
    first_outbound_at: before?.first_outbound_at ?? null,
    last_outbound_at: before?.last_outbound_at ?? null,
    ...(message.direction === 'inbound'
      ? {
          first_inbound_at: earliest(before?.first_inbound_at, at),
          last_inbound_at: latest(before?.last_inbound_at, at),
        }
      : {
          first_outbound_at: earliest(before?.first_outbound_at, at),
          last_outbound_at: latest(before?.last_outbound_at, at),
        }),
  }
}

const earliest = (one: Date | null | undefined, other: Date): Date => (one && one < other ? one : other)
const latest = (one: Date | null | undefined, other: Date): Date => (one && one > other ? one : other)
