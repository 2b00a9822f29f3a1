import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { createLinking, type Linking, type LinkingOptions } from '../linking/create-linking.ts'
import { createClients } from '../wire/accept-client.ts'
import { makeServerIdentity } from '../wire/certificate.ts'
import type { Connection } from '../wire/connection-paths.ts'
import { addDevice, type CompanionIdentity } from './companion.ts'
import type { Device, Person } from './device.ts'
import { createGroups, type Groups } from './groups.ts'
import { endStream, logIn, logOut, refuse } from './log-in.ts'
import { node } from './nodes.ts'
import { type CreatePhone, createPersons, type Persons } from './persons.ts'
import { takeStanza } from './take-stanza.ts'
import { tellOfDevice } from './tell-of-device.ts'
import type { Verdicts, World } from './world.ts'

/** What happens at the border of this server, for the log and for who counts. */
export interface ServerListener {
  onLogin(device: Device, connection: Connection): void
  /** @param device undefined when the client never logged in */
  onClosed(device: Device | undefined, reason: string): void
  /** A client became a device of this person, or is none any more. */
  onDevices(person: Person): void
  /** A stanza that a full mailbox did not take. */
  onOverflow(device: Device): void
  onError(error: unknown): void
}

export interface WhatsAppServerOptions {
  /** Text that the certificate's root is made of; the development one without it. */
  seed?: string
  /** Without it nobody has a phone, only companions. */
  createPhone?: CreatePhone
  linking?: LinkingOptions
  /** The `<media_conn>` that tells an account, by phone, where files are taken and given. */
  mediaConn?: (account: string) => BinaryNode
  now?: () => Date
  listener?: Partial<ServerListener>
}

/** WhatsApp's server: many accounts, their clients and their phones. */
export interface WhatsAppServer {
  /** Takes a request for a WebSocket, as Node's HTTP server hands it out. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
  readonly persons: Persons
  readonly groups: Groups
  /** Replace one of its functions to refuse on purpose. */
  readonly verdicts: Verdicts
  readonly world: World
  /** How phones link clients, and log them out. */
  readonly linking: Linking
  /** The root's public key, base64. */
  readonly root: string
  /** Links a client to a person's phone. It may log in from now on. Undefined when there are too many. */
  link(phone: string, identity: CompanionIdentity): Device | undefined
  /** Ends a device's link, as the phone's owner does: its client gets 401. */
  unlink(phone: string, device: number, reason: string): boolean
  /** The connections of clients that are logged in. */
  connections(): { device: Device; connection: Connection }[]
  /** Breaks every connection and refuses others until `restore`. */
  cut(): void
  restore(): void
  readonly up: boolean
  close(): void
}

const PERSONS_LIMIT = 20_000
const GROUPS_LIMIT = 2_000
const CLIENTS_LIMIT = 1_000
const DEVICES_LIMIT = 20
const LAST_DEVICE = 98

/** A media host that nobody reaches. */
const noMedia: BinaryNode = node('media_conn', { auth: 'none', ttl: '3600' }, [
  node('host', { hostname: '127.0.0.1:9', maxContentLengthBytes: '1048576' }),
])

export function createWhatsAppServer(options: WhatsAppServerOptions = {}): WhatsAppServer {
  const { createPhone, listener = {} } = options
  const identity = makeServerIdentity(options.seed)
  const online = new Map<Connection, Device>()
  let up = true

  const verdicts: Verdicts = { login: () => undefined, message: () => undefined, query: () => undefined }
  const world: World = {
    persons: createPersons({ limit: PERSONS_LIMIT, createPhone, world: () => world }),
    groups: createGroups(GROUPS_LIMIT),
    verdicts,
    now: options.now ?? (() => new Date()),
    nextId: () => randomBytes(8).toString('hex').toUpperCase(),
    mediaConn: options.mediaConn ?? (() => noMedia),
    deliver(device, stanza) {
      if (!device.mailbox.put(stanza)) listener.onOverflow?.(device)
    },
    take: (sender, stanza) => takeStanza(world, sender, stanza),
    addDevice: linkDevice,
    removeDevice,
    onError: (error) => listener.onError?.(error),
  }

  function linkDevice(person: Person, number: number, identity: CompanionIdentity): Device {
    const device = addDevice(person, number, identity)
    changed(device, 'add')
    return device
  }

  function changed(device: Device, change: 'add' | 'remove'): void {
    tellOfDevice(world, device, change)
    listener.onDevices?.(device.person)
  }

  function removeDevice(person: Person, number: number, reason: string): void {
    const device = person.devices.get(number)
    if (!device?.companion) return
    person.devices.delete(number)
    changed(device, 'remove')
    const connection = device.companion.session?.connection
    if (connection) endStream(connection, { code: 401, conflict: 'device_removed' }, reason)
  }

  const linking = createLinking(world, options.linking)

  function ready(connection: Connection): void {
    const { username, devicePairingData } = connection.payload
    if (username) {
      const device = logIn(world, connection)
      if (!device) return
      online.set(connection, device)
      listener.onLogin?.(device, connection)
    } else if (devicePairingData) linking.register(connection)
    else refuse(connection, 400, 'neither a login nor a registration')
  }

  const clients = createClients({
    identity,
    limit: CLIENTS_LIMIT,
    isUp: () => up,
    onReady: ready,
    onClose(connection, reason) {
      const device = connection && online.get(connection)
      if (connection) online.delete(connection)
      if (connection && device) logOut(device, connection)
      else if (connection) linking.closed(connection)
      listener.onClosed?.(device, reason)
    },
  })

  const server: WhatsAppServer = {
    accept: clients.accept,
    persons: world.persons,
    groups: world.groups,
    verdicts,
    world,
    linking,
    root: identity.root,
    link(phone, companion) {
      const person = world.persons.named(phone)
      if (!person || person.devices.size >= DEVICES_LIMIT || person.nextDevice > LAST_DEVICE) return undefined
      return linkDevice(person, person.nextDevice++, companion)
    },
    unlink(phone, number, reason) {
      const person = world.persons.find(phone)
      if (!person?.devices.get(number)?.companion) return false
      removeDevice(person, number, reason)
      return true
    },
    connections: () => [...online].map(([connection, device]) => ({ connection, device })),
    cut() {
      up = false
      clients.cut()
    },
    restore() {
      up = true
    },
    get up() {
      return up
    },
    close() {
      up = false
      clients.cut()
      for (const person of world.persons.all()) person.devices.get(0)?.phone?.close()
    },
  }
  return server
}
