import { type BrokerClient, createBrokerClient } from '@carteiro/broker-client/broker-client'
import { type Connection, connect, type Database } from '@carteiro/database/connect'
import { createEventNotifier, type EventNotifier } from '@carteiro/domain/events/notify'
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '@carteiro/domain/outbox/retry-policy'
import { type Queue, startQueue } from '@carteiro/queue/queue'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import { createSeal, type Seal } from '@carteiro/runtime/seal'
import { createStorage } from '@carteiro/storage/create-storage'
import type { ObjectStorage } from '@carteiro/storage/storage'
import type { WorkerConfig } from './config.ts'
import { createGraphClient, type GraphClient } from './graph/graph-client.ts'
import { createReport, type Report } from './report.ts'

/** Everything the worker's features work with, built once. A feature takes what it needs with `Pick`. */
export interface Dependencies {
  config: WorkerConfig
  logger: Logger
  lifecycle: Lifecycle
  connection: Connection
  db: Database
  queue: Queue
  notifier: EventNotifier
  storage: ObjectStorage
  /** Absent while the broker's URL or key is not configured: then what linked phones send waits. */
  broker: BrokerClient | undefined
  graph: GraphClient
  /** Opens the credentials of Cloud API numbers; absent while its key is not configured. */
  seal: Seal | undefined
  retryPolicy: RetryPolicy
  registry: Registry
  report: Report
}

export async function createDependencies(
  config: WorkerConfig,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Dependencies> {
  const connection = connect({
    url: config.DATABASE_URL,
    logger,
    name: 'carteiro worker',
    maxConnections: 20,
  })
  lifecycle.onStop('database', connection.close)
  const queue = await startQueue({ connection, url: config.DATABASE_URL, logger, role: 'worker' })
  lifecycle.onStop('queue', queue.stop)
  const notifier = createEventNotifier(connection.pool, logger)
  lifecycle.onStop('event notifier', notifier.stop)
  const storage = await createStorage(config)
  lifecycle.onStop('storage', storage.close)
  const broker = createBroker(config)
  if (broker) lifecycle.onStop('broker client', () => broker.close())
  const graph = createGraphClient({
    baseUrl: config.WHATSAPP_CLOUD_API_BASE_URL,
    version: config.WHATSAPP_CLOUD_API_VERSION,
  })
  lifecycle.onStop('graph client', graph.close)
  const key = config.CREDENTIALS_ENCRYPTION_KEY
  const registry = createRegistry()
  return {
    config,
    logger,
    lifecycle,
    connection,
    db: connection.db,
    queue,
    notifier,
    storage,
    broker,
    graph,
    seal: key && createSeal(key),
    retryPolicy: { ...DEFAULT_RETRY_POLICY, minutes: config.OUTBOX_RETRY_MINUTES },
    registry,
    report: createReport(registry, logger),
  }
}

function createBroker(config: WorkerConfig): BrokerClient | undefined {
  const {
    WHATSAPP_BROKER_URL: url,
    WHATSAPP_BROKER_API_KEY: apiKey,
    WHATSAPP_BROKER_TIMEOUT_MS: timeoutMs,
  } = config
  return url && apiKey ? createBrokerClient({ url, apiKey, timeoutMs }) : undefined
}
