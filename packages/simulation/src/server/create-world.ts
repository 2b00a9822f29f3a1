import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { addDevice, type CompanionIdentity } from './companion.ts'
import type { Device, Person } from './device.ts'
import { createGroups } from './groups.ts'
import { endStream } from './log-in.ts'
import { node } from './nodes.ts'
import { type CreatePhone, createPersons } from './persons.ts'
import { takeStanza } from './take-stanza.ts'
import { tellOfDevice } from './tell-of-device.ts'
import type { World } from './world.ts'

/** What happens in a world, for the log and for who counts. */
export interface WorldListener {
  /** A client became a device of this person, or is none any more. */
  onDevices(person: Person): void
  /** A stanza that a full mailbox did not take. */
  onOverflow(device: Device): void
  onError(error: unknown): void
}

export interface WorldOptions {
  /** Without it nobody has a phone, only companions. */
  createPhone?: CreatePhone
  /**
   * How many one-time prekeys a linked client is told to have here when it has none. WhatsApp says 0, and Baileys
   * makes 812; above 5 it makes none, and sessions stand on its signed prekey alone.
   */
  claimedPreKeys?: number
  /** The `<media_conn>` that tells an account, by phone, where files are taken and given. */
  mediaConn?: (account: string) => BinaryNode
  now?: () => Date
  listener?: Partial<WorldListener>
}

const PERSONS_LIMIT = 20_000
const GROUPS_LIMIT = 2_000

/** A media host that nobody reaches. */
const noMedia: BinaryNode = node('media_conn', { auth: 'none', ttl: '3600' }, [
  node('host', { hostname: '127.0.0.1:9', maxContentLengthBytes: '1048576' }),
])

export function createWorld(options: WorldOptions): World {
  const { createPhone, listener } = options
  const world: World = {
    persons: createPersons({ limit: PERSONS_LIMIT, createPhone, world: () => world }),
    groups: createGroups(GROUPS_LIMIT),
    verdicts: { login: () => undefined, message: () => undefined, query: () => undefined },
    now: options.now ?? (() => new Date()),
    nextId: () => randomBytes(8).toString('hex').toUpperCase(),
    claimedPreKeys: options.claimedPreKeys ?? 0,
    mediaConn: options.mediaConn ?? (() => noMedia),
    deliver(device, stanza) {
      if (!device.mailbox.put(stanza)) listener?.onOverflow?.(device)
    },
    take: (sender, stanza) => takeStanza(world, sender, stanza),
    addDevice(person: Person, number: number, identity: CompanionIdentity) {
      const device = addDevice(person, number, identity)
      changed(device, 'add')
      return device
    },
    removeDevice(person, number, reason) {
      const device = person.devices.get(number)
      if (!device?.companion) return
      person.devices.delete(number)
      changed(device, 'remove')
      const connection = device.companion.session?.connection
      if (connection) endStream(connection, { code: 401, conflict: 'device_removed' }, reason)
    },
    onError: (error) => listener?.onError?.(error),
  }

  function changed(device: Device, change: 'add' | 'remove'): void {
    tellOfDevice(world, device, change)
    listener?.onDevices?.(device.person)
  }

  return world
}
