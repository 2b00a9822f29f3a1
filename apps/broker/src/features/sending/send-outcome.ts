import type { BrokerOutboundResponse } from '@carteiro/contracts/broker-api'

/** How a send ended. */
export type SendOutcome =
  | { kind: 'answered'; response: BrokerOutboundResponse; replayed: boolean }
  | { kind: 'invalid_to' }
  | { kind: 'key_mismatch' }
  | { kind: 'disconnected' }
  /** WhatsApp's server said no. */
  | { kind: 'refused'; code: string }
  /** It broke on the way: whether the message went is not known. */
  | { kind: 'failed'; reason: string }
  | { kind: 'timeout' }
  | { kind: 'stopping' }
