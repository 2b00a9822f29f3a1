import type { Envelope } from '@carteiro/contracts/envelope'
import type { InstanceDirectory, KnownInstance } from './instance-directory.ts'
import type { ParsedEvent, RejectedEvent } from './parse-webhook.ts'
import { toEnvelope } from './to-envelope.ts'
import type { Sender } from './verify.ts'

/** An envelope is counted by how it came. */
export interface TakenEnvelope {
  envelope: Envelope
  countedAs: ParsedEvent['draft']['countedAs']
}

export interface AddressedEvents {
  taken: TakenEnvelope[]
  rejected: RejectedEvent[]
}

export interface Posted {
  sender: Sender
  /** Tenant that the request's header names, if it does: for every event. */
  claimedTenantId: string | undefined
  requestId: string
}

/**
 * Finds out whose each event is: the instance's row alone says the tenant, and whatever the sender writes must agree.
 * What comes twice in one body is taken once.
 */
export async function addressEvents(
  directory: InstanceDirectory,
  { sender, claimedTenantId, requestId }: Posted,
  events: ParsedEvent[],
): Promise<AddressedEvents> {
  const receivedAt = new Date()
  const find = remembering(directory)
  const addressed: AddressedEvents = { taken: [], rejected: [] }
  const seen = new Set<string>()
  const reject = (index: number, reason: RejectedEvent['reason'], instanceId?: string) =>
    addressed.rejected.push({ index, reason, ...(instanceId === undefined ? {} : { instanceId }) })

  for (const { index, instanceNames, tenantIds, draft } of events) {
    const instance = await find(instanceNames)
    const [named] = instanceNames
    if (!instance) {
      reject(index, 'unknown_instance', named?.slice(0, 100))
      continue
    }
    const { id: instanceId, tenantId } = instance
    const claimed = [...tenantIds, claimedTenantId, sender.kind === 'tenant' ? sender.tenantId : undefined]
    if (claimed.some((claim) => claim !== undefined && claim !== tenantId)) {
      reject(index, 'tenant_mismatch', named?.slice(0, 100))
      continue
    }
    const envelope = toEnvelope(draft, { tenantId, instanceId, receivedAt, requestId })
    if (!envelope) reject(index, 'invalid_contract', instanceId)
    else if (!seen.has(envelope.id)) addressed.taken.push({ envelope, countedAs: draft.countedAs })
    if (envelope) seen.add(envelope.id)
  }
  return addressed
}

/** Asks once for each name in a body, however many events bear it. The first name that is known counts. */
function remembering(directory: InstanceDirectory) {
  const asked = new Map<string, Promise<KnownInstance | undefined>>()
  return async (names: string[]): Promise<KnownInstance | undefined> => {
    for (const name of names) {
      const answer = asked.get(name) ?? directory.find(name)
      asked.set(name, answer)
      const instance = await answer
      if (instance) return instance
    }
    return undefined
  }
}
