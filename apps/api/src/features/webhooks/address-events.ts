import type { Envelope } from '@carteiro/contracts/envelope'
import type { InstanceDirectory } from './instance-directory.ts'
import type { ParsedWebhook, RejectedEvent } from './parse-webhook.ts'
import { toEnvelope } from './to-envelope.ts'
import type { Sender } from './verify.ts'

export interface AddressedEvents {
  envelopes: Envelope[]
  rejected: RejectedEvent[]
}

/** Finds out whose each event is: the instance's row alone says the tenant, whatever the sender writes. */
export async function addressEvents(
  directory: InstanceDirectory,
  sender: Sender,
  events: ParsedWebhook['events'],
  requestId: string,
): Promise<AddressedEvents> {
  const receivedAt = new Date()
  const addressed: AddressedEvents = { envelopes: [], rejected: [] }
  for (const { index, event } of events) {
    const instance = await directory.find(event.instanceId)
    if (!instance) {
      addressed.rejected.push({ index, reason: 'unknown_instance', instanceId: event.instanceId })
      continue
    }
    const { id: instanceId, tenantId } = instance
    if (sender.kind === 'tenant' && sender.tenantId !== tenantId) {
      addressed.rejected.push({ index, reason: 'tenant_mismatch', instanceId: event.instanceId })
      continue
    }
    const envelope = toEnvelope(event, { tenantId, instanceId, receivedAt, requestId })
    if (envelope) addressed.envelopes.push(envelope)
    else addressed.rejected.push({ index, reason: 'invalid_contract', instanceId })
  }
  return addressed
}
