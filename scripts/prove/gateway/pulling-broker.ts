import { setTimeout as sleep } from 'node:timers/promises'
import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import pg from 'pg'
import { type ApiClient, createApiClient } from '../../stack/api-client.ts'
import { baseEnvironment } from '../../stack/base-environment.ts'
import { migrateDatabase } from '../../stack/migrate-database.ts'
import { findFreePort } from '../../stack/ports.ts'
import type { Stack } from '../../stack/start-stack.ts'
import { type SupervisedProcess, supervise } from '../../stack/supervise.ts'
import { waitForFirst } from '../../stack/wait-for-first.ts'
import { waitUntilReady } from '../../stack/wait-until-ready.ts'

/** A broker that nobody calls for messages, with a database of its own. */
export interface PullingBroker {
  databaseUrl: string
  process: SupervisedProcess
}

export interface PullingBrokerOptions {
  /** Digits, lower-case letters and `_`. */
  name: string
  instanceId: string
  /** Of the simulated phone that links it, digits. */
  phone: string
  gatewayUrl: string
}

const INSTANCES = '/api/integrations/whatsapp/instances'
const LOOK_MS = 100
const DEADLINE_MS = 60_000

/** Starts it, and links its instance to a simulated phone. */
export async function startPullingBroker(
  stack: Stack,
  { name, instanceId, phone, gatewayUrl }: PullingBrokerOptions,
): Promise<PullingBroker> {
  const databaseUrl = await makeDatabase(stack.databaseUrl, name)
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const options = {
    name,
    command: ['apps/broker/src/main.ts'],
    env: {
      ...baseEnvironment(),
      ...{ HOST: '127.0.0.1', BROKER_PORT: String(port), BROKER_ID: name, DATABASE_URL: databaseUrl },
      WHATSAPP_BROKER_API_KEY: stack.brokerKey,
      WHATSAPP_WEBHOOK_URL: `${stack.urls.api}/api/integrations/whatsapp/webhook`,
      SESSION_ENCRYPTION_KEY: 'cd'.repeat(32),
      WHATSAPP_WEB_SOCKET_URL: `${(stack.urls.simulator ?? '').replace('http', 'ws')}/ws/chat`,
      WHATSAPP_SIMULATOR_ROOT: SIMULATOR_ROOT,
      ...{ BROKER_MODE: 'pull', GATEWAY_API_BASE_URL: gatewayUrl, GATEWAY_API_KEY: stack.apiKey },
      ...{ INITIAL_RETRY_DELAY_MS: '200', MAX_RETRY_DELAY_MS: '1000', DISPATCH_CONCURRENCY: '8' },
    },
    logsDirectory: stack.logsDirectory,
    isReady: (_process: SupervisedProcess, signal: AbortSignal) => waitUntilReady(url, signal),
    readyDeadlineMs: DEADLINE_MS,
  }
  const process = supervise(options)
  try {
    await waitForFirst(process, options, new AbortController().signal)
    const clients = {
      api: createApiClient(stack.urls.api, stack.apiKey),
      broker: createApiClient(url, stack.brokerKey),
      simulator: createApiClient(stack.urls.simulator ?? ''),
    }
    await link(clients, { instanceId, phone, tenantId: stack.tenantId })
  } catch (error) {
    await process.stop()
    throw error
  }
  return { databaseUrl, process }
}

async function makeDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`create database ${pg.escapeIdentifier(name)}`).finally(() => client.end())
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await migrateDatabase(url.href)
  return url.href
}

async function link(
  { api, broker, simulator }: Record<'api' | 'broker' | 'simulator', ApiClient>,
  { instanceId, phone, tenantId }: { instanceId: string; phone: string; tenantId: string },
): Promise<void> {
  await api.post(INSTANCES, { id: instanceId, name: instanceId, delivery: 'pull' })
  await broker.post('/instances', { id: instanceId, name: instanceId, tenantId })
  await broker.post(`/instances/${instanceId}/connect`)
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await sleep(LOOK_MS)) {
    if ((await api.get(`${INSTANCES}/${instanceId}`)).body.connected === true) return
    const qr = await broker.get(`/instances/${instanceId}/qr`)
    if (qr.status === 200) await simulator.post(`/accounts/${phone}/link`, { qr: qr.body.qr })
  }
  throw new Error(`${instanceId} is not connected after ${DEADLINE_MS / 1_000} s`)
}
