import path from 'node:path'
import { createHttpServer, listen } from '@carteiro/runtime/http-server'
import type { Logger } from '@carteiro/runtime/logger'
import { Counter, createRegistry, Gauge, measureRequests, type Registry } from '@carteiro/runtime/metrics'
import { addOperations } from '@carteiro/runtime/operations'
import { VERSION } from '@carteiro/runtime/version'
import { addControl } from './control/add-control.ts'
import { type Changes, createChanges, watchPhones } from './control/changes.ts'
import type { BrokerAccess } from './control/control-dependencies.ts'
import { createFaults } from './faults/create-faults.ts'
import { keepAccounts } from './linking/keep-accounts.ts'
import { createPhoneMedia } from './media/create-phone-media.ts'
import { keepAuthority } from './media/keep-authority.ts'
import { type MediaHost, startMediaHost } from './media/start-media-host.ts'
import { createPhone } from './phone/create-phone.ts'
import { createWhatsAppServer, type ServerListener, type WhatsAppServer } from './server/whatsapp-server.ts'

export interface SimulatorOptions {
  /** A loopback address: there is no key on anything here. */
  host: string
  /** 0 asks the system for a free one. */
  port: number
  /** Of the media host; 0 or none asks the system for a free one. */
  mediaPort?: number
  logger: Logger
  /** Keeps the linked clients and the media host's certificate authority; without it they end with the process. */
  folder?: string
  /** Where phones read QR codes, unless a request names another broker. */
  broker?: BrokerAccess
  /** Prekeys that a client without any is said to have here; with 10 it makes none. 0 without it. */
  claimedPreKeys?: number
}

export interface Simulator {
  /** `http://host:port`; Baileys connects to `ws://host:port/ws/chat`. */
  url: string
  whatsapp: WhatsAppServer
  /** Where files are, and the certificate to trust it by. */
  media: MediaHost
  stop(): Promise<void>
}

/** Starts a WhatsApp for development and tests: real Baileys links to it, and everybody has a phone. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host, port, logger, folder, broker, claimedPreKeys = 0 } = options
  const media = await openMedia(options)
  const changes = createChanges()
  let onDevices: () => void = changes.tellAll
  const whatsapp = openWhatsApp(
    { media, changes, claimedPreKeys },
    {
      onLogin: changes.tellAll,
      onDevices: () => onDevices(),
      onClosed(device, reason) {
        logger.debug({ account: device?.person.phone, reason }, 'client gone')
        changes.tellAll()
      },
      onOverflow: ({ person }) => logger.warn({ account: person.phone }, 'a full mailbox took no more'),
      onError: (err) => logger.error({ err }, 'simulated phone failed'),
    },
  )
  // Before the first client comes: it watches every connection from its start.
  const faults = createFaults(whatsapp)
  const accounts = folder === undefined ? undefined : await keep(whatsapp, folder, logger)
  onDevices = () => {
    accounts?.save()
    changes.tellAll()
  }
  const registry = createRegistry()
  const server = createHttpServer({ logger })
  measureRequests(server, registry)
  measureConnections(whatsapp, registry)
  addOperations(server, { registry, version: VERSION, checks: [] })
  addControl(server, {
    whatsapp,
    media,
    faults,
    changes,
    written: writtenCounter(registry),
    ...(broker && { broker }),
  })
  server.server.on('upgrade', whatsapp.accept)
  const url = await listen(server, host, port)
  return {
    url,
    whatsapp,
    media,
    async stop() {
      // Upgraded sockets keep an HTTP server from closing: they go first.
      whatsapp.close()
      await Promise.all([server.close(), media.stop(), accounts?.saved()])
    },
  }
}

async function openMedia({ host, mediaPort = 0, logger, folder }: SimulatorOptions): Promise<MediaHost> {
  const authority = folder === undefined ? undefined : await keepAuthority(folder)
  return await startMediaHost({ host, port: mediaPort, logger, ...(authority && { authority }) })
}

function openWhatsApp(
  { media, changes, claimedPreKeys }: { media: MediaHost; changes: Changes; claimedPreKeys: number },
  listener: ServerListener,
): WhatsAppServer {
  const phoneMedia = createPhoneMedia(media)
  return createWhatsAppServer({
    claimedPreKeys,
    mediaConn: media.mediaConn,
    createPhone: watchPhones(
      (person, port) =>
        createPhone({ person, pushName: person.pushName, port: { ...port, media: phoneMedia } }),
      changes,
    ),
    listener,
  })
}

function keep({ persons }: WhatsAppServer, folder: string, logger: Logger) {
  return keepAccounts(path.join(folder, 'accounts.json'), persons, (err) =>
    logger.error({ err }, 'linked clients could not be kept'),
  )
}

function writtenCounter(registry: Registry): Counter<'delivery'> {
  return new Counter({
    name: 'simulator_customer_messages_total',
    help: 'Messages customers wrote, by what became of them at once',
    labelNames: ['delivery'],
    registers: [registry],
  })
}

function measureConnections(whatsapp: WhatsAppServer, registry: Registry): void {
  new Gauge({
    name: 'simulator_connections',
    help: 'Live WebSocket connections of all accounts',
    registers: [registry],
    collect() {
      this.set(whatsapp.connections().length)
    },
  })
}
