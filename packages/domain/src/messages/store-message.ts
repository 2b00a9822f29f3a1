import type { MessageTable, TicketTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import type { KnownOfContact } from '../contacts/upsert.ts'
import { upsertContacts } from '../contacts/upsert-many.ts'
import { readContactViews } from '../contacts/view.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { writtenMedia } from '../media/describe-media.ts'
import { keepMedia } from '../media/keep-media.ts'
import { type OpenTicket, openTickets, previewOf, type TicketMessage } from '../tickets/open-ticket.ts'
import { tellOpened, tellTicketUpdated } from '../tickets/tell-ticket.ts'
import { appendTimeline, type TimelineEntry } from '../timeline/append.ts'
import { insertMessages } from './insert-messages.ts'
import { tellNewMessage } from './tell-new-message.ts'
import { toNewMessageViews } from './view.ts'

export type MessageRow = Selectable<MessageTable>

export interface NewMessage {
  tenantId: string
  instanceId: string
  contact: KnownOfContact
  direction: 'inbound' | 'outbound'
  type: string
  text: string | null
  content: Record<string, unknown>
  metadata: Record<string, unknown>
  providerMessageId: string | null
  /** When it was written, and when it reached us; ISO 8601. */
  timestamp: string
  receivedAt: string
}

/**
 * Stores messages that came in (also ones that our own phone wrote), in their order: contacts, tickets, messages,
 * timeline and events, each kind in one statement for all of them.
 * @throws a unique violation when one was stored meanwhile; nothing of them stays then, and the next try finds it
 */
export async function storeMessages(work: UnitOfWork, messages: NewMessage[]): Promise<MessageRow[]> {
  const stored: MessageRow[] = []
  while (stored.length < messages.length) {
    const rest = messages.slice(stored.length)
    const contactIds = await upsertContacts(work, rest)
    stored.push(...(await storeTogether(work, rest.slice(0, contactIds.length), contactIds)))
  }
  return stored
}

/** @param contactIds of each message */
async function storeTogether(
  work: UnitOfWork,
  messages: NewMessage[],
  contactIds: string[],
): Promise<MessageRow[]> {
  const touching = messages.map((message, index) => toTicketMessage(message, contactIds[index] ?? ''))
  const tickets = await openTickets(work.transaction, touching)
  const rows = await insertMessages(
    work.transaction,
    messages.map((message, index) => ({
      message,
      ticketId: tickets[index]?.id ?? '',
      contactId: contactIds[index] ?? '',
    })),
  )
  await keepMedia(work, rows)
  const views = await toNewMessageViews(work.transaction, rows)
  const placed = rows.flatMap((row, index) => {
    const [ticket, view] = [tickets[index], views[index]]
    return ticket && view ? [{ row, ticket, view }] : []
  })
  const opened = placed.filter(({ ticket }) => ticket.opened).map(({ row }) => keysOf(row))
  const contacts = await readContactViews(work.transaction, opened)
  for (const { row, ticket, view } of placed) {
    if (ticket.opened) tellOpened(work, { ...keysOf(row), described: ticket.described }, contacts)
    tellNewMessage(work, row, view, ticket.described)
  }
  await appendTimeline(work.transaction, placed.flatMap(timelineOf))
  return rows
}

const keysOf = (row: MessageRow) => ({
  tenantId: row.tenant_id,
  ticketId: row.ticket_id,
  contactId: row.contact_id,
  instanceId: row.instance_id,
})

function timelineOf({ row, ticket }: { row: MessageRow; ticket: OpenTicket }): TimelineEntry[] {
  const type = row.direction === 'inbound' ? 'MESSAGE_RECEIVED' : 'MESSAGE_SENT'
  const keys = { tenantId: row.tenant_id, ticketId: row.ticket_id }
  const entry: TimelineEntry = { ...keys, type, messageId: row.id }
  return ticket.opened ? [{ ...keys, type: 'TICKET_OPENED' }, entry] : [entry]
}

const toTicketMessage = (message: NewMessage, contactId: string): TicketMessage => ({
  tenantId: message.tenantId,
  instanceId: message.instanceId,
  contactId,
  direction: message.direction,
  preview: message.text ?? message.type,
  at: new Date(message.timestamp),
})

/** Writes new content over a message, in its place, and over its ticket's preview when nothing came after it. */
export async function rewriteMessage(
  work: UnitOfWork,
  row: MessageRow,
  next: { type: string; text: string | null; content: object; metadata: object; brokerAt?: string },
): Promise<MessageRow> {
  const { transaction } = work
  const written = await transaction
    .updateTable('message')
    .set({
      type: next.type,
      text: next.text,
      content: JSON.stringify(next.content),
      media: writtenMedia(next, row.media),
      metadata: JSON.stringify(next.metadata),
      ...(next.brokerAt === undefined ? {} : { broker_at: next.brokerAt }),
    })
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  await keepMedia(work, [written])
  const { rows } = await sql<Selectable<TicketTable>>`
    update ticket set preview = ${previewOf(next.text ?? next.type)}, updated_at = now()
    where tenant_id = ${row.tenant_id} and id = ${row.ticket_id} and not exists (
      select from message later where later.tenant_id = ${row.tenant_id} and later.ticket_id = ${row.ticket_id}
        and later.number > ${row.number})
    returning *`.execute(transaction)
  for (const ticket of rows) tellTicketUpdated(work, ticket)
  return written
}
