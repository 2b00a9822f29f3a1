import type { MessageChange } from '@carteiro/contracts/event'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { MessageRow } from './store-message.ts'
import { toMessageView } from './view.ts'

/** Tells of a message that changed, as it is now. */
export function tellUpdated(work: UnitOfWork, row: MessageRow, change: MessageChange): void {
  const keys = { ticketId: row.ticket_id, contactId: row.contact_id }
  work.record({
    tenantId: row.tenant_id,
    type: 'messages.updated',
    ...keys,
    instanceId: row.instance_id,
    payload: { ...keys, message: toMessageView(row), change },
  })
}
