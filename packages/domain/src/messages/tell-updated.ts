import type { MessageChange } from '@carteiro/contracts/event'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import type { MessageRow } from './store-message.ts'
import { toMessageView } from './view.ts'

/** Tells of a message that changed, as it is now. */
export async function tellUpdated(work: UnitOfWork, row: MessageRow, change: MessageChange): Promise<void> {
  const keys = { ticketId: row.ticket_id, contactId: row.contact_id }
  work.record({
    tenantId: row.tenant_id,
    type: 'messages.updated',
    ...keys,
    instanceId: row.instance_id,
    payload: { ...keys, message: await toMessageView(work.transaction, row), change },
  })
}
