import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createLinking, type Linking, type LinkingOptions } from '../linking/create-linking.ts'
import { type Clients, createClients } from '../wire/accept-client.ts'
import { makeServerIdentity } from '../wire/certificate.ts'
import type { Connection } from '../wire/connection-paths.ts'
import type { CompanionIdentity } from './companion.ts'
import { createWorld, type WorldListener, type WorldOptions } from './create-world.ts'
import type { Device } from './device.ts'
import type { Groups } from './groups.ts'
import { logIn, logOut, refuse } from './log-in.ts'
import type { Persons } from './persons.ts'
import type { Verdicts, World } from './world.ts'

/** What happens at the border of this server, for the log and for who counts. */
export interface ServerListener extends WorldListener {
  onLogin(device: Device, connection: Connection): void
  /** @param device undefined when the client never logged in */
  onClosed(device: Device | undefined, reason: string): void
}

export interface WhatsAppServerOptions extends WorldOptions {
  /** Text that the certificate's root is made of; the development one without it. */
  seed?: string
  linking?: LinkingOptions
  listener?: Partial<ServerListener>
}

/** A client that is logged in. */
export interface Login {
  device: Device
  connection: Connection
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
  connections(): Login[]
  /** Breaks every connection and refuses others until `restore`. */
  cut(): void
  restore(): void
  readonly up: boolean
  close(): void
}

const CLIENTS_LIMIT = 1_000
const DEVICES_LIMIT = 20
const LAST_DEVICE = 98

export function createWhatsAppServer(options: WhatsAppServerOptions = {}): WhatsAppServer {
  const identity = makeServerIdentity(options.seed)
  const world = createWorld(options)
  const linking = createLinking(world, options.linking)
  const logins = new Map<Connection, Device>()
  let up = true
  const clients = serveClients({
    world,
    linking,
    logins,
    identity,
    isUp: () => up,
    listener: options.listener,
  })

  return {
    accept: clients.accept,
    persons: world.persons,
    groups: world.groups,
    verdicts: world.verdicts,
    world,
    linking,
    root: identity.root,
    link: (phone, companion) => link(world, phone, companion),
    unlink(phone, number, reason) {
      const person = world.persons.find(phone)
      if (!person?.devices.get(number)?.companion) return false
      world.removeDevice(person, number, reason)
      return true
    },
    connections: () => [...logins].map(([connection, device]) => ({ connection, device })),
    cut() {
      up = false
      // Those who are logged in are out at once, not when their sockets have closed.
      for (const connection of [...logins.keys()]) connection.destroy('the line was cut')
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
}

interface Serving {
  world: World
  linking: Linking
  logins: Map<Connection, Device>
  identity: ReturnType<typeof makeServerIdentity>
  isUp: () => boolean
  listener: Partial<ServerListener> | undefined
}

/** Lets clients in that are linked, hands those over that want to be, and refuses all others. */
function serveClients({ world, linking, logins, identity, isUp, listener }: Serving): Clients {
  return createClients({
    identity,
    limit: CLIENTS_LIMIT,
    isUp,
    onReady(connection) {
      const { username, devicePairingData } = connection.payload
      if (username) {
        const device = logIn(world, connection)
        if (!device) return
        logins.set(connection, device)
        listener?.onLogin?.(device, connection)
      } else if (devicePairingData) linking.register(connection)
      else refuse(connection, 400, 'neither a login nor a registration')
    },
    onClose(connection, reason) {
      const device = connection && logins.get(connection)
      if (connection) logins.delete(connection)
      if (connection && device) logOut(device, connection)
      else if (connection) linking.closed(connection)
      listener?.onClosed?.(device, reason)
    },
  })
}

function link(world: World, phone: string, identity: CompanionIdentity): Device | undefined {
  const person = world.persons.named(phone)
  if (!person || person.devices.size >= DEVICES_LIMIT || person.nextDevice > LAST_DEVICE) return undefined
  return world.addDevice(person, person.nextDevice++, identity)
}
