import type { StatusEnvelope, StatusError } from '@carteiro/contracts/envelope'
import { Id } from '@carteiro/contracts/identifier'
import { envelopeId } from '../../envelope-id.ts'
import { isObject, type JsonObject } from '../../json/json-value.ts'
import type { CloudFault } from './cloud-message.ts'
import { idIn, listIn, objectIn, textIn } from './read-json.ts'
import { baseOf, type CloudArrival, phoneJid, readTime } from './to-envelope.ts'

const STATES = new Map<unknown, StatusEnvelope['status']>([
  ['sent', 'SENT'],
  ['delivered', 'DELIVERED'],
  ['read', 'READ'],
  ['played', 'READ'],
  ['failed', 'FAILED'],
])

/**
 * Turns one of Meta's statuses into a receipt, with all that it tells beside: recipient, conversation, pricing and
 * errors stay in `details` under Meta's own names.
 */
export function toStatus(status: unknown, arrival: CloudArrival): StatusEnvelope | CloudFault {
  if (!isObject(status)) return 'invalid_contract'
  const providerMessageId = idIn(status, 'id')
  if (providerMessageId === undefined) return 'missing_id'
  const state = STATES.get(status.status)
  if (state === undefined) return 'unknown_status'

  const participant = textIn(status, 'recipient_participant_id')
  const { timestamp } = readTime(status, arrival.receivedAt)
  const { id: _id, status: _status, ...details } = status
  return {
    ...baseOf(arrival),
    timestamp,
    kind: 'status',
    id: envelopeId(arrival, 'status', providerMessageId, participant ?? '', state),
    // A group's id is no address, and older samples name no recipient: such receipts are the instance's.
    chatKey: phoneJid(textIn(status, 'recipient_id'))?.jid ?? arrival.instanceId,
    providerMessageId,
    status: state,
    participantJid: phoneJid(participant)?.jid ?? null,
    error: readError(listIn(status, 'errors')[0]),
    deliveryId: readDeliveryId(status),
    details,
  }
}

function readError(error: unknown): StatusError | null {
  if (!isObject(error)) return null
  return {
    code: textIn(error, 'code') ?? 'unknown',
    title: textIn(error, 'title') ?? null,
    message: textIn(error, 'message') ?? null,
    details: textIn(objectIn(error, 'error_data'), 'details') ?? null,
  }
}

/** Ours is a UUID; what another sender with the same number wrote there is none of ours. */
function readDeliveryId(status: JsonObject): string | null {
  const result = Id.safeParse(status.biz_opaque_callback_data)
  return result.success ? result.data : null
}
