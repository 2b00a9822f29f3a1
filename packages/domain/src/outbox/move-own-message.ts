import type { DeliveryState } from '@carteiro/contracts/delivery'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { statesBelow, targetOf } from './receipt-rank.ts'
import type { Receipt, ReceiptResult } from './receipts.ts'

/** Moves a message that our own phone sent: it has a state, and no delivery. */
export async function moveOwnMessage(
  work: UnitOfWork,
  messageId: string,
  receipt: Receipt,
): Promise<ReceiptResult> {
  const state = targetOf(receipt)
  if (state === undefined) return { status: 'unchanged', released: false }
  const from: DeliveryState[] = state === 'FAILED' ? ['SENT'] : [...statesBelow(state), 'FAILED']
  const row = await work.transaction
    .updateTable('message')
    .set({ state })
    .where('tenant_id', '=', receipt.tenantId)
    .where('id', '=', messageId)
    .where('state', 'in', from)
    .returning(['ticket_id', 'contact_id', 'instance_id'])
    .executeTakeFirst()
  if (!row) return { status: 'unchanged', released: false }
  const errorCode = state === 'FAILED' ? (receipt.error?.code ?? 'UNKNOWN_ERROR') : null
  work.record({
    tenantId: receipt.tenantId,
    type: 'message.status.changed',
    ticketId: row.ticket_id,
    contactId: row.contact_id,
    instanceId: row.instance_id,
    payload: { ticketId: row.ticket_id, messageId, status: state, errorCode },
  })
  return { status: 'moved', released: false }
}
