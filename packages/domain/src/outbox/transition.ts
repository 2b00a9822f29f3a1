import type { DeliveryState } from '@carteiro/contracts/delivery'
import { sql } from 'kysely'
import { type AuditEntry, recordAudit } from '../audit/record.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { appendTimeline, type TimelineEntry } from '../timeline/append.ts'
import { recordHistory } from './history.ts'

/** A delivery that just changed its state, as its row came back. */
export interface ChangedDelivery {
  tenant_id: string
  id: string
  ticket_id: string
  contact_id: string
  instance_id: string
  state: DeliveryState
  provider_message_id: string | null
  error_code: string | null
  error_message: string | null
  request_id: string | null
  /** Why, where the error does not say it. */
  reason?: string | null
}

/** What a ticket's timeline says of a state; the others pass without an entry. */
const TIMELINE: Partial<Record<DeliveryState, TimelineEntry['type']>> = {
  SENT: 'MESSAGE_SENT',
  DELIVERED: 'MESSAGE_STATUS_UPDATE',
  READ: 'MESSAGE_STATUS_UPDATE',
  FAILED: 'MESSAGE_FAILED',
}
const AUDIT: Partial<Record<DeliveryState, AuditEntry['action']>> = {
  SENT: 'SENT',
  DELIVERED: 'UPDATED',
  READ: 'UPDATED',
  FAILED: 'FAILED',
}

/**
 * Tells of deliveries' new states everywhere they are told: the message, its history, the ticket's timeline, the audit
 * trail and the event log, in the transaction of the change.
 */
export async function tellTransitions(work: UnitOfWork, changed: ChangedDelivery[]): Promise<void> {
  if (changed.length === 0) return
  await updateMessages(work, changed)
  await recordHistory(
    work.transaction,
    changed.map((delivery) => ({ ...delivery, reason: delivery.reason ?? delivery.error_code })),
  )
  await appendTimeline(
    work.transaction,
    changed.flatMap((delivery) => {
      const type = TIMELINE[delivery.state]
      return type ? [{ ...keysOf(delivery), type, details: detailsOf(delivery) }] : []
    }),
  )
  await recordAudit(
    work.transaction,
    changed.flatMap((delivery) => {
      const action = AUDIT[delivery.state]
      return action ? [auditEntry(delivery, action)] : []
    }),
  )
  for (const delivery of changed) {
    work.record({
      tenantId: delivery.tenant_id,
      type: 'message.status.changed',
      ticketId: delivery.ticket_id,
      contactId: delivery.contact_id,
      instanceId: delivery.instance_id,
      payload: {
        ticketId: delivery.ticket_id,
        messageId: delivery.id,
        status: delivery.state,
        errorCode: delivery.error_code,
      },
    })
  }
}

/** The messages' rows follow their deliveries': state, and WhatsApp's id once it is known. */
export async function updateMessages(work: UnitOfWork, changed: ChangedDelivery[]): Promise<void> {
  const rows = changed.map(({ tenant_id, id, state, provider_message_id }) => ({
    tenant_id,
    id,
    state,
    provider_message_id,
  }))
  await sql`
    update message m set
      state = changed.state,
      provider_message_id = coalesce(changed.provider_message_id, m.provider_message_id)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as changed (tenant_id text, id uuid, state text, provider_message_id text)
    where m.tenant_id = changed.tenant_id and m.id = changed.id`.execute(work.transaction)
}

const keysOf = (delivery: ChangedDelivery) => ({
  tenantId: delivery.tenant_id,
  ticketId: delivery.ticket_id,
  messageId: delivery.id,
})

const detailsOf = ({ state, error_code, error_message }: ChangedDelivery) => ({
  status: state,
  ...(error_code ? { errorCode: error_code, errorMessage: error_message } : {}),
})

const auditEntry = (delivery: ChangedDelivery, action: AuditEntry['action']): AuditEntry => ({
  tenantId: delivery.tenant_id,
  actor: 'worker',
  action,
  entityType: 'delivery',
  entityId: delivery.id,
  // What a channel says may name the recipient: the trail is never changed, so that it may not be in it.
  details: { status: delivery.state, ...(delivery.error_code ? { errorCode: delivery.error_code } : {}) },
  requestId: delivery.request_id,
})
