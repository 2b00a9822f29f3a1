import { type Intent, intentText } from '@carteiro/contracts/intent'
import { withoutBytes } from '@carteiro/contracts/intents/without-bytes'
import { formatJid, type Jid } from '@carteiro/contracts/jid'
import { newId } from '@carteiro/database/new-id'
import type { MessageTable } from '@carteiro/database/tables'
import type { Selectable } from 'kysely'
import { addressOf } from '../contacts/phone.ts'
import { upsertContact } from '../contacts/upsert.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { openTicket } from '../tickets/open-ticket.ts'
import { laneOf, lockLane, wakeIdleLane } from './lane.ts'

/** A message that was accepted, with everything that its rows need. */
export interface AcceptedMessage {
  tenantId: string
  instanceId: string
  recipient: Jid
  intent: Intent
  maxAttempts: number
  idempotencyKey: string | undefined
  payloadHash: Buffer
  dossierId: string | number | undefined
  requestId: string
}

/**
 * Writes a message and its delivery under one id, in the order in which everyone locks: contact, ticket, message,
 * lane, delivery. The position is drawn while the lane is locked.
 */
export async function insertDelivery(
  work: UnitOfWork,
  accepted: AcceptedMessage,
): Promise<Selectable<MessageTable>> {
  const message = await insertMessage(work, accepted)
  const { tenantId, instanceId, recipient, intent } = accepted
  const lane = { tenantId, instanceId, lane: laneOf(recipient) }
  await lockLane(work.transaction, lane)
  await work.transaction
    .insertInto('delivery')
    .values({
      tenant_id: tenantId,
      id: message.id,
      instance_id: instanceId,
      contact_id: message.contact_id,
      ticket_id: message.ticket_id,
      recipient: addressOf(recipient).phone ?? formatJid(recipient),
      intent: intent.intent,
      payload: JSON.stringify(intent),
      lane: lane.lane,
      max_attempts: accepted.maxAttempts,
      idempotency_key: accepted.idempotencyKey ?? null,
      payload_hash: accepted.payloadHash,
      provider_message_id: null,
      error_code: null,
      error_message: null,
      dossier_id: accepted.dossierId === undefined ? null : JSON.stringify(accepted.dossierId),
      request_id: accepted.requestId,
    })
    .execute()
  await wakeIdleLane(work.transaction, lane)
  return message
}

async function insertMessage(
  work: UnitOfWork,
  { tenantId, instanceId, recipient, intent }: AcceptedMessage,
): Promise<Selectable<MessageTable>> {
  const text = intentText(intent)
  const contact = await upsertContact(work, tenantId, addressOf(recipient))
  const ticket = await openTicket(work, {
    tenantId,
    contactId: contact.id,
    instanceId,
    direction: 'outbound',
    preview: text,
    at: new Date(),
  })
  return work.transaction
    .insertInto('message')
    .values({
      tenant_id: tenantId,
      id: newId(),
      ticket_id: ticket.id,
      contact_id: contact.id,
      instance_id: instanceId,
      direction: 'outbound',
      type: intent.intent,
      text,
      content: JSON.stringify(withoutBytes(intent)),
      provider_message_id: null,
      state: 'QUEUED',
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}
