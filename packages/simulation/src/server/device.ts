import type { BinaryNode } from '@whiskeysockets/baileys'
import type { KeyBundle, Phone } from '../phone/phone.ts'
import type { Connection } from '../wire/connection-paths.ts'
import type { Mailbox } from './mailbox.ts'

/** Somebody with a number: whoever owns an account, and whoever writes to one. */
export interface Person {
  /** Digits. */
  readonly phone: string
  /** Digits. */
  readonly lid: string
  /** How the person is called where nobody saved the number. */
  pushName: string
  /** False for a number that was marked as not on WhatsApp. */
  onWhatsApp: boolean
  /** By number; 0 is the phone itself. */
  readonly devices: Map<number, Device>
  /** The number that the next companion gets: none is given twice. */
  nextDevice: number
  /** What the person says about themselves. */
  about: string
  /** Whether the person's devices say that somebody is there. */
  available: boolean
  /** Privacy settings that were changed, by name. */
  readonly privacy: Map<string, string>
  /** Who writes by LID shows nobody the phone behind it. */
  hidesPhone: boolean
  /** Who asks for the LID, or gets what the person writes by phone, is told none. */
  hidesLid: boolean
  /** Phones of whom this person blocked. */
  readonly blocked: Set<string>
  /** Phones of whom this person trusts, and the week since the epoch in which that was last said. */
  readonly trusts: Map<string, number>
  /** Who asked to be told when this person is there. */
  readonly watchers: Set<Device>
  /** Phones of whom this person exchanged messages with: they are told of new devices. */
  readonly acquaintances: Set<string>
}

/** One device of a person, wherever it is. */
export interface Device {
  readonly person: Person
  readonly number: number
  readonly mailbox: Mailbox
  /** Of a linked client. */
  readonly companion?: Companion
  /** Of a simulated phone. */
  readonly phone?: Phone
  /** Sends at once, or never: for what is worth nothing later. */
  send(node: BinaryNode): void
  /** Takes one key bundle; undefined while the device has given no keys. */
  takeBundle(): KeyBundle | undefined
}

/** A client's own keys, as it brought them. */
export interface CompanionKeys {
  registrationId: number
  identityKey: Uint8Array
  signedPreKey: KeyBundle['signedPreKey']
  /** One-time prekeys that wait for an asker, by id, oldest first. */
  readonly preKeys: Map<number, Uint8Array>
}

/** What the server knows of a linked client. */
export interface Companion {
  /** The static Noise key it has to show at every login. */
  readonly noiseKey: Uint8Array
  keys: CompanionKeys | undefined
  /** Its number in the account's list of keys. */
  readonly keyIndex: number
  /** The account's signature on it, as pair-success brought it. */
  readonly deviceIdentity: Uint8Array | undefined
  /** It was linked by its phone, which has not told it a history yet. */
  wantsHistory: boolean
  /** How often it logged in. */
  logins: number
  /** While the client is logged in. */
  session: CompanionSession | undefined
}

/** A login of a linked client. */
export interface CompanionSession {
  readonly connection: Connection
  /** The client has its keys in place and wants what is for it. */
  onActive(): void
  /** The client is ready for what waited while it was away. */
  onOfflineBatch(): void
}
