import type { BinaryNode } from '@whiskeysockets/baileys'
import type { MessageLog } from './message-log.ts'
import type { Person, PhonePort, PhoneSettings } from './phone.ts'
import type { PhoneKeys } from './phone-keys.ts'
import type { MessageSealer, OutgoingMessage } from './seal-message.ts'
import type { SignalSessions } from './signal-sessions.ts'
import type { Timers } from './timers.ts'
import type { WaitingActs } from './waiting-acts.ts'

/** What was written, for devices that ask for it again, and how often each was given it. */
export interface WrittenMessage extends OutgoingMessage {
  resent: Map<string, number>
}

/** What the parts of one phone share. */
export interface PhoneParts {
  own: Person
  pushName: string
  port: PhonePort
  keys: PhoneKeys
  sessions: SignalSessions
  sealer: MessageSealer
  log: MessageLog
  acts: WaitingActs
  /** By message id. */
  written: Map<string, WrittenMessage>
  settings: PhoneSettings
  timers: Timers
  blocked: Set<string>
  /** Phones of those who type. */
  typing: Set<string>
  /** Messages that are yet to be unreadable. */
  unreadable: { count: number }
  /** Puts a stanza to the server, once the phone is online. */
  send(node: BinaryNode): void
}
