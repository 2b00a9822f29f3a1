import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { createApiClient } from './api-client.ts'
import { bootstrap, DEMO_TENANT } from './bootstrap.ts'
import { type Credentials, keepCredentials } from './credentials.ts'
import { type Environments, environments, type Ports, urlOf } from './environments.ts'
import { DEMO_INSTANCE, DEMO_PHONE, linkInstance, makeInstance } from './link-instance.ts'
import { migrateDatabase } from './migrate-database.ts'
import { findFreePorts } from './ports.ts'
import { type PostgresProcess, startPostgres } from './postgres-process.ts'
import { createProcessGroup, type ProcessGroup } from './process-group.ts'
import { type Programs, startAnotherWorker, startPrograms } from './start-programs.ts'
import type { SupervisedProcess } from './supervise.ts'

export interface StackOptions {
  /** Keeps the embedded PostgreSQL's cluster, the credentials, the logs and the media. */
  dataDirectory: string
  ports: Ports | 'free'
  /** Whether instance `demo-phone` is linked to a simulated WhatsApp. */
  simulator: boolean
  /** When left out, PostgreSQL runs embedded. */
  databaseUrl?: string | undefined
  /** Where the processes listen; 127.0.0.1 when left out. */
  host?: string
  /** Secrets that are given, not made. */
  credentials?: Partial<Credentials>
  /** Variables for all processes. */
  common?: NodeJS.ProcessEnv
  /** Variables for one process. */
  env?: Partial<Environments>
  /** Told what happens, a sentence at a time: also when a process dies later on. */
  onProgress?: (sentence: string) => void
  /** Gives up starting. */
  signal?: AbortSignal
}

export interface Stack {
  urls: { api: string; worker: string; broker: string; simulator: string | null }
  databaseUrl: string
  apiKey: string
  brokerKey: string
  tenantId: string
  instanceId: string
  logsDirectory: string
  processes: Programs & { postgres: SupervisedProcess | undefined }
  /** Makes one more instance and links it to a simulated phone (digits). */
  addInstance(id: string, phone: string): Promise<void>
  /** Starts one more worker beside the first. @returns its URL */
  addWorker(): Promise<string>
  /** Stops api, worker, broker, simulator and PostgreSQL, in this order. A second call waits for the first. */
  stop(): Promise<void>
}

/**
 * Starts the real processes: PostgreSQL, migrations, tenant `demo` with its API key, simulator, broker, worker, api,
 * and instance `demo-phone`, connected when there is a simulator.
 *
 * @throws Error with a sentence, after stopping whatever had started
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDirectory = path.resolve(options.dataDirectory)
  mkdirSync(dataDirectory, { recursive: true })
  const group = createProcessGroup({
    logsDirectory: path.join(dataDirectory, 'logs'),
    tell: options.onProgress ?? (() => undefined),
  })
  const onAbort = () => void group.stop()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    options.signal?.throwIfAborted()
    return await startParts(group, { ...options, dataDirectory })
  } catch (error) {
    await group.stop()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
  }
}

async function startParts(group: ProcessGroup, options: StackOptions): Promise<Stack> {
  const { dataDirectory, simulator, host = '127.0.0.1', common = {}, env = {}, onProgress } = options
  const ports = options.ports === 'free' ? await freePorts() : options.ports
  const credentials = { ...keepCredentials(dataDirectory), ...options.credentials }
  const { postgres, databaseUrl } = await openDatabase(group, options, ports.database)
  onProgress?.('migrating the database')
  await migrateDatabase(databaseUrl)
  await bootstrap(databaseUrl, credentials.apiKey)

  const storagePath = path.join(dataDirectory, 'storage')
  const simulatorPath = path.join(dataDirectory, 'simulator')
  const paths = { storagePath, simulatorPath }
  const told = environments({ ports, host, databaseUrl, credentials, ...paths, simulator, common, env })
  const programs = await startPrograms(group, { environments: told, ports, host, simulator })

  const apiUrl = urlOf(host, ports.api)
  const api = createApiClient(apiUrl, credentials.apiKey)
  await makeInstance(api, { id: DEMO_INSTANCE, name: 'Demo phone' })
  const linking = {
    api,
    broker: createApiClient(urlOf(host, ports.broker), credentials.brokerKey),
    simulator: createApiClient(urlOf('127.0.0.1', ports.simulator)),
    signal: options.signal,
  }
  if (simulator) {
    onProgress?.(`linking ${DEMO_INSTANCE} to the simulated phone +${DEMO_PHONE}`)
    await linkInstance({ id: DEMO_INSTANCE, phone: DEMO_PHONE }, linking)
  }
  return {
    urls: {
      api: apiUrl,
      worker: urlOf(host, ports.worker),
      broker: urlOf(host, ports.broker),
      simulator: simulator ? urlOf('127.0.0.1', ports.simulator) : null,
    },
    databaseUrl,
    apiKey: credentials.apiKey,
    brokerKey: credentials.brokerKey,
    tenantId: DEMO_TENANT,
    instanceId: DEMO_INSTANCE,
    logsDirectory: path.join(dataDirectory, 'logs'),
    processes: { ...programs, postgres: postgres?.process },
    async addInstance(id, phone) {
      await makeInstance(api, { id, name: id })
      await linkInstance({ id, phone }, linking)
    },
    addWorker: () => startAnotherWorker(group, { environments: told, host }),
    stop: group.stop,
  }
}

async function openDatabase(
  group: ProcessGroup,
  { dataDirectory, databaseUrl }: StackOptions,
  port: number,
): Promise<{ postgres?: PostgresProcess; databaseUrl: string }> {
  if (databaseUrl) return { databaseUrl }
  const database = 'carteiro'
  const postgres = await startPostgres(group, {
    dataDirectory,
    port,
    databases: [database],
    settings: {},
  })
  return { postgres, databaseUrl: postgres.url(database) }
}

async function freePorts(): Promise<Ports> {
  const [api = 0, worker = 0, broker = 0, simulator = 0, media = 0, database = 0] = await findFreePorts(6)
  return { api, worker, broker, simulator, media, database }
}
