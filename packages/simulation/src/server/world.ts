import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Connection } from '../wire/connection-paths.ts'
import type { CompanionIdentity } from './companion.ts'
import type { Device, Person } from './device.ts'
import type { Groups } from './groups.ts'
import type { Persons } from './persons.ts'

/** What the server says to what it is asked: replace a function to refuse on purpose. */
export interface Verdicts {
  /** @returns the reason of a refusal (401, 403, 411, 500, 503, ...); undefined lets the client in */
  login(device: Device, connection: Connection): number | undefined
  /** @returns the code of a refusal (463, 479, 429, ...); undefined takes the message */
  message(sender: Device, stanza: BinaryNode): number | undefined
  /** @returns the code of a refusal (403, 404, 429, ...); undefined answers the query */
  query(sender: Device, query: BinaryNode): number | undefined
}

/** What everything in this server works with. */
export interface World {
  readonly persons: Persons
  readonly groups: Groups
  readonly verdicts: Verdicts
  /** The server's clock. */
  now(): Date
  /** A new id for a stanza of the server's own. */
  nextId(): string
  /** How many one-time prekeys a linked client is told to have here when it has none. */
  readonly claimedPreKeys: number
  /** The `<media_conn>` that tells an account, by phone, where files are taken and given. */
  mediaConn(account: string): BinaryNode
  /** Puts a stanza into a device's mailbox: it is kept until the device confirms it. */
  deliver(device: Device, stanza: BinaryNode): void
  /** Takes a stanza that a device sent. */
  take(sender: Device, stanza: BinaryNode): void
  /** Makes a client a device of a person, and tells whom it concerns. */
  addDevice(person: Person, number: number, identity: CompanionIdentity): Device
  /** Ends a device's link: its client is told, if it is there, and cannot log in again. */
  removeDevice(person: Person, number: number, reason: string): void
  onError(error: unknown): void
}

/** The server's clock in epoch seconds, as stanzas have it. */
export function seconds(world: Pick<World, 'now'>): string {
  return String(Math.floor(world.now().getTime() / 1000))
}
