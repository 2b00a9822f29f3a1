import { BrokerInboundEventSchema, type Envelope } from '@carteiro/contracts/envelope'
import { envelopeId } from '../../envelope-id.ts'
import type { Draft } from './draft.ts'
import { readTimestamp } from './read-timestamp.ts'

/** Where and when an event came in. */
export interface Arrival {
  tenantId: string
  instanceId: string
  receivedAt: Date
  requestId: string
}

/**
 * Completes a draft; `undefined` when our own contract refuses it, as one such envelope in the queue would fail
 * all that came with it. Pure.
 */
export function toEnvelope(draft: Draft, arrival: Arrival): Envelope | undefined {
  const { tenantId, instanceId, receivedAt, requestId } = arrival
  const { body, ownId, chatKey } = draft
  const time = readTimestamp(draft.timestamp, receivedAt)
  const envelope = {
    ...flagged(body, time.valid),
    id: envelopeId(arrival, body.kind, ...ownId),
    tenantId,
    instanceId,
    chatKey: chatKey ?? instanceId,
    timestamp: time.iso,
    receivedAt: receivedAt.toISOString(),
    requestId,
  }
  const checked = BrokerInboundEventSchema.safeParse(envelope)
  return checked.success ? checked.data : undefined
}

function flagged(body: Draft['body'], timeIsValid: boolean): Draft['body'] {
  if (timeIsValid || body.kind !== 'message') return body
  return { ...body, metadata: { ...body.metadata, timestampInvalid: true } }
}
