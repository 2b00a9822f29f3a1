import type { ContactView } from '@carteiro/contracts/ticket'
import type { TicketTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { type DescribedTicket, describeTicket } from './describe-ticket.ts'

/** A ticket that a message opened. */
export interface OpenedTicket {
  tenantId: string
  ticketId: string
  contactId: string
  instanceId: string
  described: DescribedTicket
}

/** Tells of a ticket that a message opened, with its contact, which must be among `contacts`. */
export function tellOpened(
  work: UnitOfWork,
  { tenantId, ticketId, contactId, instanceId, described }: OpenedTicket,
  contacts: Map<string, ContactView>,
): void {
  const keys = { ticketId, contactId, instanceId }
  const contact = contacts.get(contactId)
  if (!contact) throw new Error('a ticket was opened for a contact that is not there')
  work.record({ tenantId, type: 'tickets.new', ...keys, payload: { ...keys, contact, ...described } })
  if (described.ticket.queueId === null) tellQueueMissing(work, tenantId, keys)
}

function tellQueueMissing(
  work: UnitOfWork,
  tenantId: string,
  keys: { ticketId: string; contactId: string; instanceId: string },
): void {
  const { instanceId } = keys
  const message = 'A ticket was opened in no queue: make one of the tenant\u2019s queues its default.'
  const payload = { tenantId, instanceId, message, reason: 'no_default_queue' as const, recoverable: true }
  work.record({ tenantId, type: 'whatsapp.queue.missing', ...keys, payload })
}

/**
 * Tells of a ticket that changed, as it stands now.
 *
 * @param mergedInto the ticket that it went into, if that is how it was closed
 */
export function tellTicketUpdated(
  work: UnitOfWork,
  row: Selectable<TicketTable>,
  mergedInto: string | null = null,
): void {
  const keys = { ticketId: row.id, contactId: row.contact_id, instanceId: row.instance_id }
  const payload = { ...keys, status: row.status, mergedInto, ...describeTicket(row) }
  work.record({ tenantId: row.tenant_id, type: 'ticket.updated', ...keys, payload })
}
