import type { BrokerOutboundMessage, BrokerOutboundResponse } from '@carteiro/contracts/broker-send'
import type { Jid } from '@carteiro/contracts/jid'
import type { Problem } from '@carteiro/contracts/problem'
import type { PreparedContent } from './prepare-content.ts'

export interface SendRequest {
  instanceId: string
  idempotencyKey: string
  message: BrokerOutboundMessage
}

/** A message as it leaves. */
export interface SentMessage extends SendRequest {
  jid: Jid
  waMessageId: string
}

/** A send that is ready to go. */
export interface PreparedSend extends SentMessage {
  /** What makes it this message and no other. */
  hash: Buffer
  /** Epoch milliseconds: nobody waits for it any longer. */
  deadline: number
}

/** How a send ended. */
export type SendOutcome =
  | { kind: 'answered'; response: BrokerOutboundResponse; replayed: boolean }
  | { kind: 'invalid_to' }
  | { kind: 'not_on_whatsapp' }
  /** Whether the recipient is on WhatsApp is not known; nothing was sent. */
  | { kind: 'untold'; problem: Problem }
  | { kind: 'key_mismatch' }
  | { kind: 'disconnected' }
  /** Too many of its instance wait already. */
  | { kind: 'busy' }
  /** There was nothing to send: its file is missing, or was not taken. */
  | Exclude<PreparedContent, { kind: 'prepared' }>
  /** WhatsApp's server said no. */
  | { kind: 'refused'; code: string }
  /** It broke on the way: whether the message went is not known. */
  | { kind: 'failed'; reason: string }
  | { kind: 'timeout' }
  | { kind: 'stopping' }
