import type { Purpose } from '@carteiro/contracts/consent'
import { type Intent, intentText } from '@carteiro/contracts/intent'
import { withoutBytes } from '@carteiro/contracts/intents/without-bytes'
import type { Jid } from '@carteiro/contracts/jid'
import { newId } from '@carteiro/database/new-id'
import type { MessageTable } from '@carteiro/database/tables'
import { type Selectable, sql } from 'kysely'
import { addressOf, recipientOf } from '../contacts/phone.ts'
import { upsertContact } from '../contacts/upsert.ts'
import type { UnitOfWork } from '../events/unit-of-work.ts'
import { openTicket } from '../tickets/open-ticket.ts'
import { mediaOfUpload } from '../uploads/media-of-upload.ts'
import type { Upload } from '../uploads/upload.ts'
import { takePositions } from './enter-scheduled.ts'
import { recordHistory } from './history.ts'
import { laneOf, lockLane, wakeLane } from './lane.ts'

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
  /** 0 a reply, 1 a service message, 2 a campaign. */
  priority: 0 | 1 | 2
  purpose: Purpose
  scheduledAt: Date | undefined
  expiresAt: Date | undefined
  subject: string | undefined
  templateCode: string | undefined
  /** The file of the message, where it was brought ahead. */
  upload?: Upload | undefined
  /** It leaves although its contact does not agree to it. */
  policyExempt: boolean
}

/**
 * Writes a message and its delivery under one id, in the order in which everyone locks: contact, ticket, message,
 * lane, delivery. The position is drawn while the lane is locked; a message that is scheduled for later has none yet.
 */
export async function insertDelivery(
  work: UnitOfWork,
  accepted: AcceptedMessage,
): Promise<Selectable<MessageTable>> {
  const message = await insertMessage(work, accepted)
  const { tenantId, instanceId, recipient, intent } = accepted
  const lane = { tenantId, instanceId, lane: laneOf(recipient) }
  const { hasDue } = await lockLane(work.transaction, lane)
  if (hasDue) await takePositions(work.transaction, lane, [lane.lane])
  const { position } = await work.transaction
    .insertInto('delivery')
    .values({
      tenant_id: tenantId,
      id: message.id,
      instance_id: instanceId,
      contact_id: message.contact_id,
      ticket_id: message.ticket_id,
      recipient: recipientOf(recipient),
      intent: intent.intent,
      payload: JSON.stringify(intent),
      lane: lane.lane,
      position: positionAt(accepted.scheduledAt),
      max_attempts: maxAttempts(accepted),
      idempotency_key: accepted.idempotencyKey ?? null,
      payload_hash: accepted.payloadHash,
      provider_message_id: null,
      error_code: null,
      error_message: null,
      dossier_id: accepted.dossierId === undefined ? null : JSON.stringify(accepted.dossierId),
      request_id: accepted.requestId,
      priority: accepted.priority,
      purpose: accepted.purpose,
      scheduled_at: accepted.scheduledAt ?? null,
      expires_at: accepted.expiresAt ?? null,
      subject: accepted.subject ?? null,
      template_code: accepted.templateCode ?? null,
      policy_exempt: accepted.policyExempt,
    })
    .returning('position')
    .executeTakeFirstOrThrow()
  await recordHistory(work.transaction, [{ tenant_id: tenantId, id: message.id, state: 'QUEUED' }])
  if (position !== null) await wakeLane(work.transaction, lane, accepted.priority)
  return message
}

/** By the database's clock, which the lanes go by, too. */
const positionAt = (scheduledAt: Date | undefined) =>
  sql<number | null>`
    case when ${scheduledAt ?? null}::timestamptz > clock_timestamp() then null else nextval('delivery_position') end`

/** As many as the instance's or the tenant's own waits, where they have any; else what was asked for. */
const maxAttempts = ({ tenantId, instanceId, maxAttempts }: AcceptedMessage) => sql<number>`
  coalesce((
    select jsonb_array_length(own.waits) from instance i join tenant t on t.id = i.tenant_id
    cross join lateral (
      select coalesce(i.settings #> '{outbox,retryMinutes}', t.settings #> '{outbox,retryMinutes}') as waits
    ) own
    where i.tenant_id = ${tenantId} and i.id = ${instanceId}
      and jsonb_typeof(own.waits) = 'array' and jsonb_array_length(own.waits) > 0
  ), ${maxAttempts}::int)`

async function insertMessage(
  work: UnitOfWork,
  { tenantId, instanceId, recipient, intent, upload }: AcceptedMessage,
): Promise<Selectable<MessageTable>> {
  const text = intentText(intent)
  const at = new Date()
  const contact = await upsertContact(work, tenantId, addressOf(recipient))
  const ticket = await openTicket(work, {
    tenantId,
    contactId: contact.id,
    instanceId,
    direction: 'outbound',
    preview: text,
    at,
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
      media: upload ? JSON.stringify(mediaOfUpload(upload)) : null,
      upload_id: upload?.uploadId ?? null,
      provider_message_id: null,
      state: 'QUEUED',
      // The ticket's own time of it.
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}
