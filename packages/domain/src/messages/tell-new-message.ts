import type { MessageView } from '@carteiro/contracts/event'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { type DescribedTicket, describeTicket } from '../tickets/describe-ticket.ts'
import { describeMetadata } from './describe-metadata.ts'
import type { MessageRow } from './store-message.ts'
import { toNewMessageViews } from './view.ts'

/** Tells of a new message, and of its ticket as the act left it. @param message what is shown of it */
export function tellNewMessage(
  work: UnitOfWork,
  row: MessageRow,
  message: MessageView,
  described: DescribedTicket,
): void {
  const { tenant_id: tenantId, ticket_id: ticketId, contact_id: contactId, instance_id: instanceId } = row
  const keys = { ticketId, contactId }
  work.record({ tenantId, type: 'messages.new', ...keys, instanceId, payload: { ...keys, message } })
  const payload = { ...keys, instanceId, message, metadata: describeMetadata(row), ...described }
  work.record({ tenantId, type: 'ticket.message', ...keys, instanceId, payload })
}

/** Tells of a new message whose ticket is not at hand. */
export async function tellAccepted(work: UnitOfWork, row: MessageRow): Promise<void> {
  const ticket = await work.transaction
    .selectFrom('ticket')
    .selectAll()
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.ticket_id)
    .executeTakeFirstOrThrow()
  for (const message of await toNewMessageViews(work.transaction, [row])) {
    tellNewMessage(work, row, message, describeTicket(ticket))
  }
}
