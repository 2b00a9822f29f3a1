import { createHmac } from 'node:crypto'
import path from 'node:path'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'
import { AUTHORITY_FILE } from '@carteiro/simulation/media/keep-authority'
import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import { baseEnvironment } from './base-environment.ts'
import type { Credentials } from './credentials.ts'

/** The processes that answer on a port. */
export type ProcessName = 'simulator' | 'broker' | 'worker' | 'api'

/** `media` is the simulator's second one, where files are. */
export type Ports = Record<ProcessName | 'media' | 'database', number>
export type Environments = Record<ProcessName, NodeJS.ProcessEnv>

export interface EnvironmentOptions {
  ports: Ports
  host: string
  databaseUrl: string
  credentials: Credentials
  /** Where media are kept, unless `common` says it. */
  storagePath: string
  /** Where the simulator keeps what outlives it. */
  simulatorPath: string
  /** Whether the broker links to the simulator. */
  simulator: boolean
  /** For all processes; what the stack decides itself wins. */
  common: NodeJS.ProcessEnv
  /** For one process; wins over everything. */
  env: Partial<Environments>
}

/** Where a process is found from this machine. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** Links to uploads are short-lived: their secret is made of another one, and need not be kept. */
const linkSecretOf = ({ brokerKey }: Credentials): string =>
  createHmac('sha256', brokerKey).update('links to uploads').digest('base64url')

/** What each process is told, by environment variables, as production does it. */
export function environments({ host, ports, ...options }: EnvironmentOptions): Environments {
  const { credentials, databaseUrl, env, storagePath, simulatorPath } = options
  const storage = { STORAGE_PATH: options.common.STORAGE_PATH || storagePath }
  const common = { ...options.common, ...baseEnvironment(), ...storage, HOST: host }
  const connected = { ...common, DATABASE_URL: databaseUrl, WHATSAPP_BROKER_API_KEY: credentials.brokerKey }
  const links = { UPLOAD_LINK_SECRET: options.common.UPLOAD_LINK_SECRET || linkSecretOf(credentials) }
  const webhooks = { WHATSAPP_WEBHOOK_HMAC_SECRET: credentials.webhookHmacSecret }
  const brokerUrl = { WHATSAPP_BROKER_URL: urlOf(host, ports.broker) }
  // The simulator asks no broker elsewhere.
  const scanned = isLoopbackUrl(brokerUrl.WHATSAPP_BROKER_URL, ['http:'])
    ? { ...brokerUrl, WHATSAPP_BROKER_API_KEY: credentials.brokerKey }
    : { WHATSAPP_BROKER_URL: '', WHATSAPP_BROKER_API_KEY: '' }
  const linked = {
    WHATSAPP_WEB_SOCKET_URL: `ws://127.0.0.1:${ports.simulator}/ws/chat`,
    WHATSAPP_SIMULATOR_ROOT: SIMULATOR_ROOT,
    WHATSAPP_MEDIA_URL: `https://127.0.0.1:${ports.media}`,
    WHATSAPP_MEDIA_CA: path.join(simulatorPath, AUTHORITY_FILE),
  }
  return {
    // Nothing of the simulator asks for a key: it stays on loopback whatever HOST is.
    simulator: {
      ...common,
      ...scanned,
      HOST: '127.0.0.1',
      SIMULATOR_PORT: String(ports.simulator),
      SIMULATOR_MEDIA_PORT: String(ports.media),
      SIMULATOR_PATH: simulatorPath,
      ...env.simulator,
    },
    broker: {
      ...connected,
      ...webhooks,
      BROKER_PORT: String(ports.broker),
      // The same after a restart: a broker that was killed is succeeded at once.
      BROKER_ID: options.common.BROKER_ID || 'broker',
      WHATSAPP_WEBHOOK_URL: `${urlOf(host, ports.api)}/api/integrations/whatsapp/webhook`,
      SESSION_ENCRYPTION_KEY: credentials.sessionEncryptionKey,
      ...(options.simulator ? linked : {}),
      ...env.broker,
    },
    worker: {
      ...connected,
      ...brokerUrl,
      ...links,
      API_INTERNAL_URL: urlOf(host, ports.api),
      WORKER_PORT: String(ports.worker),
      ...env.worker,
    },
    api: { ...connected, ...webhooks, ...brokerUrl, ...links, API_PORT: String(ports.api), ...env.api },
  }
}
