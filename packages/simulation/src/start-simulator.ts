import { join } from 'node:path'
import { createHttpServer, listen } from '@carteiro/runtime/http-server'
import type { Logger } from '@carteiro/runtime/logger'
import { Counter, createRegistry, Gauge, measureRequests, type Registry } from '@carteiro/runtime/metrics'
import { addOperations } from '@carteiro/runtime/operations'
import { VERSION } from '@carteiro/runtime/version'
import { addControl } from './control/add-control.ts'
import { createChanges, watchPhones } from './control/changes.ts'
import type { BrokerAccess } from './control/control-dependencies.ts'
import { createFaults } from './faults/create-faults.ts'
import { type KeptAccounts, keepAccounts } from './linking/keep-accounts.ts'
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
  /** Keeps the linked devices and the media host's authority; without it they are forgotten when it stops. */
  folder?: string | undefined
  /** Where phones read QR codes, unless a request names another broker. */
  broker?: BrokerAccess | undefined
  /** Prekeys that a client without any is said to have, so that a test's client uploads none; 0 without it. */
  claimedPreKeys?: number
}

export interface Simulator {
  /** `http://host:port`; Baileys connects to `ws://host:port/ws/chat`. */
  url: string
  /** What plays WhatsApp, for whoever runs in the same process. */
  server: WhatsAppServer
  /** Where files are, and the certificate to trust it by. */
  media: MediaHost
  stop(): Promise<void>
}

const ACCOUNTS_FILE = 'accounts.json'

/** Starts a WhatsApp for development and tests: real Baileys is linked to it, and its people have phones. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host, port, logger, folder, broker, claimedPreKeys = 0 } = options
  let kept: KeptAccounts | undefined
  const media = await openMedia(options)
  const phoneMedia = createPhoneMedia(media)
  const changes = createChanges()
  const server = createWhatsAppServer({
    claimedPreKeys,
    mediaConn: media.mediaConn,
    createPhone: watchPhones(
      (person, port) =>
        createPhone({ person, pushName: person.pushName, port: { ...port, media: phoneMedia } }),
      changes,
    ),
    listener: createListener(logger, changes.tellAll, () => kept?.save()),
  })
  // It takes its hooks before the first client comes.
  const faults = createFaults(server)
  if (folder !== undefined) {
    const onError = (err: unknown) => logger.error({ err }, 'linked devices not saved')
    kept = await keepAccounts(join(folder, ACCOUNTS_FILE), server.persons, onError)
  }
  const registry = createRegistry()
  const http = createHttpServer({ logger })
  measureRequests(http, registry)
  addOperations(http, { registry, version: VERSION, checks: [] })
  addControl(http, { whatsapp: server, media, faults, changes, broker, written: writtenCounter(registry) })
  measureConnections(server, registry)
  http.server.on('upgrade', server.accept)
  const url = await listen(http, host, port)
  return {
    url,
    server,
    media,
    async stop() {
      // Upgraded sockets keep an HTTP server from closing: they go first.
      server.close()
      await Promise.all([http.close(), media.stop()])
      await kept?.saved()
    },
  }
}

async function openMedia({ host, mediaPort = 0, logger, folder }: SimulatorOptions): Promise<MediaHost> {
  const kept = folder === undefined ? {} : { authority: await keepAuthority(folder) }
  return await startMediaHost({ host, port: mediaPort, logger, ...kept })
}

function createListener(logger: Logger, changed: () => void, save: () => void): ServerListener {
  return {
    onLogin({ person: { phone }, number }) {
      logger.info({ phone, device: number }, 'device logged in')
      changed()
    },
    onClosed(device, reason) {
      logger.info({ phone: device?.person.phone, device: device?.number, reason }, 'connection closed')
      changed()
    },
    onDevices() {
      save()
      changed()
    },
    onOverflow: ({ person: { phone }, number }) =>
      logger.warn({ phone, device: number }, 'mailbox full, stanza dropped'),
    onError: (err) => logger.error({ err }, 'fault in the simulator'),
  }
}

function writtenCounter(registry: Registry): Counter<'delivery'> {
  return new Counter({
    name: 'simulator_customer_messages_total',
    help: 'Messages customers wrote, by what became of them at once',
    labelNames: ['delivery'],
    registers: [registry],
  })
}

function measureConnections(server: WhatsAppServer, registry: Registry): void {
  new Gauge({
    name: 'simulator_connections',
    help: 'Live connections of linked devices, of all accounts',
    registers: [registry],
    collect() {
      this.set(server.connections().length)
    },
  })
}
