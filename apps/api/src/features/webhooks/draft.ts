import type { Envelope } from '@carteiro/contracts/envelope'
import type { IgnoreReason } from './raw/ignore-reason.ts'

/** Known only where the instance and the time of receipt are known. */
type Added = 'id' | 'tenantId' | 'instanceId' | 'chatKey' | 'timestamp' | 'receivedAt' | 'requestId'
type Without<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never

/** An envelope but for whose it is, and when it came. */
export interface Draft {
  body: Without<Envelope, Added>
  /** With tenant, instance and kind it makes the envelope's id: the event's own id, and what tells its parts apart. */
  ownId: string[]
  /** `null`: it belongs to no chat, so the instance keeps its order. */
  chatKey: string | null
  /** As it was written. */
  timestamp: unknown
  /** How it is counted. */
  countedAs: 'ok' | 'raw_inbound_normalized'
}

export interface Refusal {
  reason: 'invalid_contract' | 'missing_id'
  details?: { path: string; message: string }[]
}

/** What one part of an event becomes. */
export type Outcome =
  | { status: 'taken'; draft: Draft }
  | { status: 'ignored'; reason: IgnoreReason }
  | { status: 'rejected'; refusal: Refusal }

export const taken = (draft: Draft): Outcome => ({ status: 'taken', draft })
export const ignored = (reason: IgnoreReason): Outcome => ({ status: 'ignored', reason })

/** @param path where the fault is, from the event down */
export const rejected = (reason: Refusal['reason'], path: string, message: string): Outcome => ({
  status: 'rejected',
  refusal: { reason, details: [{ path, message }] },
})
