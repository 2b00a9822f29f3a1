import type { BrokerOutboundResponse } from '@carteiro/contracts/broker-send'
import type { PreparedContent } from './prepare-content.ts'

/** How a send ended. */
export type SendOutcome =
  | { kind: 'answered'; response: BrokerOutboundResponse; replayed: boolean }
  | { kind: 'invalid_to' }
  | { kind: 'key_mismatch' }
  | { kind: 'disconnected' }
  /** There was nothing to send: its file is missing, or was not taken. */
  | Exclude<PreparedContent, { kind: 'prepared' }>
  /** WhatsApp's server said no. */
  | { kind: 'refused'; code: string }
  /** It broke on the way: whether the message went is not known. */
  | { kind: 'failed'; reason: string }
  | { kind: 'timeout' }
  | { kind: 'stopping' }
