import type { Socket } from 'node:net'
import { createHttpServer, type HttpServer, listen } from '@carteiro/runtime/http-server'
import type { Logger } from '@carteiro/runtime/logger'
import { Counter, createRegistry, Gauge, measureRequests, type Registry } from '@carteiro/runtime/metrics'
import { addOperations } from '@carteiro/runtime/operations'
import { VERSION } from '@carteiro/runtime/version'
import { acceptUpgrade } from './accept-upgrade.ts'
import { loadCrabline } from './crabline.ts'
import { addCustomerRoutes } from './customer-routes.ts'
import { addLinkRoutes } from './link-routes.ts'
import { createNetwork, type Network } from './network.ts'
import { createReceivedMessages } from './received-messages.ts'

export interface SimulatorOptions {
  /** A loopback address: there is no key on anything here. */
  host: string
  /** 0 asks the system for a free one. */
  port: number
  logger: Logger
}

export interface Simulator {
  /** `http://host:port`; Baileys connects to `ws://host:port/ws/chat?account=<phone digits>`. */
  url: string
  stop(): Promise<void>
}

/** Messages kept of what customers' phones got, over all phones; the oldest are forgotten past it. */
const RECEIVED_LIMIT = 100_000

/** Starts a WhatsApp for development and tests: real Baileys connects to it, and its customers have phones. */
export async function startSimulator({ host, port, logger }: SimulatorOptions): Promise<Simulator> {
  const received = createReceivedMessages(RECEIVED_LIMIT)
  const network = createNetwork(await loadCrabline(), received)
  const registry = createRegistry()
  const server = createHttpServer({ logger })
  measureRequests(server, registry)
  addOperations(server, { registry, version: VERSION, checks: [] })
  addCustomerRoutes(server, { network, received, written: writtenCounter(registry) })
  addLinkRoutes(server, network)
  measureConnections(network, registry)
  acceptUpgrades(server, network)
  const url = await listen(server, host, port)
  return {
    url,
    async stop() {
      // Upgraded sockets keep an HTTP server from closing: they go first.
      network.cut()
      await network.close()
      await server.close()
    },
  }
}

function acceptUpgrades(server: HttpServer, network: Network): void {
  server.server.on('upgrade', (request, socket, head) => {
    // Node hands over the connection's own socket; its declaration leaves room for others.
    acceptUpgrade(network, request, socket as Socket, head)
  })
}

function writtenCounter(registry: Registry): Counter<'delivery'> {
  return new Counter({
    name: 'simulator_customer_messages_total',
    help: 'Messages customers wrote, by what became of them at once',
    labelNames: ['delivery'],
    registers: [registry],
  })
}

function measureConnections(network: Network, registry: Registry): void {
  new Gauge({
    name: 'simulator_connections',
    help: 'Live WebSocket connections of all accounts',
    registers: [registry],
    collect() {
      this.set(network.accounts().reduce((sum, account) => sum + account.connections(), 0))
    },
  })
}
