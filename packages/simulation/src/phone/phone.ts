import type { BinaryNode, KeyPair, proto } from '@whiskeysockets/baileys'
import type { PhoneContent } from './phone-content.ts'
import type { PhoneMedia } from './phone-media.ts'
import type { ShownMessage } from './shown-message.ts'

/** A person's two names on WhatsApp, digits both. */
export interface Person {
  phone: string
  lid: string
}

/** Public keys with which another device opens a session. Keys are raw: 32 bytes, as on the wire. */
export interface KeyBundle {
  registrationId: number
  identityKey: Uint8Array
  signedPreKey: { keyId: number; publicKey: Uint8Array; signature: Uint8Array }
  /** Given to one asker only; without it the session stands on the signed prekey alone. */
  preKey?: { keyId: number; publicKey: Uint8Array }
}

/** What a phone needs of the server it is connected to. Jids may name a person by phone or by LID. */
export interface PhonePort {
  /** Puts a stanza to the server, as if this phone's connection brought it. */
  send(node: BinaryNode): void
  /** Who this user or device jid names. Undefined when it names no person. */
  personOf(jid: string): Person | undefined
  /** Every device of these users, as jids named as they were asked for, with `:device` unless it is 0. */
  devicesOf(userJids: string[]): Promise<string[]>
  /** Takes one key bundle of a device; a one-time prekey goes to one asker only. */
  bundleOf(deviceJid: string): Promise<KeyBundle>
  /** Members of a group, as user jids. */
  membersOf(groupJid: string): Promise<string[]>
  /** Where files go to and come from. Without it a phone writes no files. */
  media?: PhoneMedia
}

/** How a person treats what comes. Times in milliseconds; null: never by itself. */
export interface PhoneSettings {
  /** When the phone confirms that it has a message. */
  deliveredAfterMs: number | null
  /** When the person reads it. */
  readAfterMs: number | null
  /** How the phone names people to the server. */
  addressing: 'pn' | 'lid'
}

export interface WriteOptions {
  /** The message's id; one of WhatsApp's form otherwise. */
  id?: string
  /** The name shown to a stranger; the person's own otherwise. */
  pushName?: string
  /** When the phone says that it was written. */
  at?: Date
}

/** A person's phone: device 0 of an account. It speaks the same stanzas as a companion does. */
export interface Phone {
  readonly phone: string
  readonly lid: string
  readonly identity: KeyPair
  readonly settings: Readonly<PhoneSettings>
  /** Changes how the person treats what comes. */
  configure(settings: Partial<PhoneSettings>): void
  /** An offline phone is handed nothing; the server keeps it until the phone is online again. */
  readonly online: boolean
  setOnline(online: boolean): void
  /** Public keys for one asker: a one-time prekey of its own each time. */
  bundle(): KeyBundle
  /**
   * Takes one stanza (message, receipt, notification, ack), in order. Settles when it was worked on; a message that
   * cannot be opened is asked for again and throws nothing.
   */
  receive(node: BinaryNode): Promise<void>
  /**
   * Writes to a person (digits or a jid) or a group (jid).
   *
   * @throws Problem when the content cannot be written, as a vote in a poll that this phone does not show
   */
  write(to: string, content: PhoneContent, options?: WriteOptions): Promise<{ id: string }>
  /** Hands a message to one of the person's own companions only, as history and app state keys are. */
  tellCompanion(device: number, message: proto.IMessage): Promise<{ id: string }>
  /** Tells one of the person's own companions the last chats that are shown here, as it is told when it is new. */
  tellHistory(device: number): Promise<void>
  /** Reads what others wrote in a chat: these ids, or all that is unread. */
  read(chat: string, ids?: string[]): void
  /** Plays a voice message or a video, which is confirmed on its own. */
  play(chat: string, ids?: string[]): void
  /** Shows the other side that this person types, or has paused. */
  setTyping(chat: string, typing: boolean): void
  /** Phones of those who type to this person. */
  readonly typing: ReadonlySet<string>
  /** Who is blocked, as phones. The server keeps what they write away. */
  readonly blocked: ReadonlySet<string>
  block(phone: string): void
  unblock(phone: string): void
  /** The next messages, this many, cannot be opened: the phone asks for them again. */
  failToOpen(count: number): void
  /** Loses every session, as a phone that was set up anew under the same identity. */
  forgetSessions(): Promise<void>
  /** Each message once per sender and chat, in the order in which they came. */
  shown(filter?: { chat?: string; id?: string }): ShownMessage[]
  /** The bytes of a file that is shown. */
  download(chat: string, id: string): Promise<Uint8Array>
  /** Calls after anything that the phone shows may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void
  /** Ends every timer. The phone takes nothing afterwards. */
  close(): void
}
