import { type BrokerClient, createBrokerClient } from '@carteiro/broker-client/broker-client'
import { type Connection, connect, type Database } from '@carteiro/database/connect'
import { createEventNotifier, type EventNotifier } from '@carteiro/domain/events/notify'
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '@carteiro/domain/outbox/retry-policy'
import { type Queue, startQueue } from '@carteiro/queue/queue'
import type { Lifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createRegistry, type Registry } from '@carteiro/runtime/metrics'
import { createStorage } from '@carteiro/storage/create-storage'
import type { ObjectStorage } from '@carteiro/storage/storage'
import type { ApiConfig } from './config.ts'
import { type Live, startLive } from './live/start-live.ts'
import { createReport, type Report } from './report.ts'

/** Everything the API's features work with, built once. A feature takes what it needs with `Pick`. */
export interface Dependencies {
  config: ApiConfig
  logger: Logger
  lifecycle: Lifecycle
  connection: Connection
  db: Database
  queue: Queue
  notifier: EventNotifier
  /** Absent while the broker's URL or key is not configured. */
  broker: BrokerClient | undefined
  storage: ObjectStorage
  retryPolicy: RetryPolicy
  registry: Registry
  report: Report
  live: Live
}

export async function createDependencies(
  config: ApiConfig,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Dependencies> {
  const connection = connect({ url: config.DATABASE_URL, logger, name: 'carteiro api', maxConnections: 20 })
  lifecycle.onStop('database', connection.close)
  const queue = await startQueue({ connection, url: config.DATABASE_URL, logger, role: 'producer' })
  lifecycle.onStop('queue', queue.stop)
  const notifier = createEventNotifier(connection.pool, logger)
  lifecycle.onStop('event notifier', notifier.stop)
  const broker = createBroker(config)
  if (broker) lifecycle.onStop('broker client', () => broker.close())
  const storage = await createStorage(config)
  lifecycle.onStop('storage', storage.close)
  const registry = createRegistry()
  const report = createReport(registry, logger)
  const live = startLive({ config, connection, logger, lifecycle, report })
  return {
    config,
    logger,
    lifecycle,
    connection,
    db: connection.db,
    queue,
    notifier,
    broker,
    storage,
    retryPolicy: { ...DEFAULT_RETRY_POLICY, minutes: config.OUTBOX_RETRY_MINUTES },
    registry,
    report,
    live,
  }
}

function createBroker(config: ApiConfig): BrokerClient | undefined {
  const {
    WHATSAPP_BROKER_URL: url,
    WHATSAPP_BROKER_API_KEY: apiKey,
    WHATSAPP_BROKER_TIMEOUT_MS: timeoutMs,
  } = config
  return url && apiKey ? createBrokerClient({ url, apiKey, timeoutMs }) : undefined
}
