import type { EmittedEvent } from '@carteiro/contracts/event'
import { listen } from '@carteiro/runtime/http-server'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { startRealtime } from '../../apps/api/src/features/realtime/start.ts'
import { startApi } from '../../apps/api/src/testing/start-api.ts'
import { readWorkerConfig } from '../../apps/worker/src/config.ts'
import { createDependencies } from '../../apps/worker/src/dependencies.ts'
import { startWorker } from '../../apps/worker/src/worker.ts'
import { createApiClient } from '../../scripts/stack/api-client.ts'
import { hearEvents } from './hear-events.ts'
import { startBroker } from './start-broker.ts'

interface Test {
  testdir(): string
  teardown(run: () => Promise<unknown>): void
}

type StatusEvent = EmittedEvent<'message.status.changed'>

/**
 * The API on a port, a worker, a broker over HTTP, and a Socket.IO client of tenant `acme`: what goes in and what comes
 * out is HTTP, or an event that a client hears.
 */
export async function startOutbound(t: Test) {
  const broker = await startBroker(t)
  const rest = await startApi(t)
  startRealtime(rest.dependencies, rest.app.server)
  const url = await listen(rest.app, '127.0.0.1', 0)
  await startWorkerOn(t, { databaseUrl: rest.domain.url, brokerUrl: broker.url })
  const api = createApiClient(url, rest.keys.acme)
  const webhooks = createApiClient(url, rest.brokerKey)
  const events = await hearEvents(t, url, { token: rest.keys.acme, tenantId: 'acme' })

  const read = async (id: string) => (await api.get(`/api/v1/outbound/messages/${id}`)).body
  return {
    api,
    broker,
    events,
    db: rest.db,
    read,
    send: (fields: object) => api.post('/api/v1/outbound/messages', fields),
    /** Accepts a message. @returns its id */
    queue: async (fields: { to: string; text: string; [more: string]: unknown }): Promise<string> => {
      const { status, body } = await api.post('/api/v1/outbound/messages', fields)
      if (status !== 201) throw new Error(`not accepted: ${JSON.stringify(body)}`)
      return body.id
    },
    /** The message, once a client has heard that it is in this state. */
    once: async (id: string, status: StatusEvent['status']) => {
      await events.until(
        'message.status.changed',
        (event) => event.messageId === id && event.status === status,
      )
      return read(id)
    },
    /** The broker tells by its webhook whether the phone is linked. */
    setConnected: async (connected: boolean) => {
      const status = connected ? 'connected' : 'disconnected'
      const heard = events.count()
      const answer = await webhooks.post('/api/integrations/whatsapp/webhook', {
        id: crypto.randomUUID(),
        event: 'INSTANCE_CONNECTION',
        instanceId: 'acme-phone',
        timestamp: new Date().toISOString(),
        payload: { status, connected },
      })
      if (answer.status !== 202) throw new Error(`not accepted: ${JSON.stringify(answer.body)}`)
      await events.until('whatsapp.instance.updated', () => true, heard)
    },
  }
}

async function startWorkerOn(
  t: Test,
  { databaseUrl, brokerUrl }: { databaseUrl: string; brokerUrl: string },
) {
  const logger = createLogger('worker', 'silent')
  const lifecycle = createLifecycle(logger)
  const config = readWorkerConfig({
    DATABASE_URL: databaseUrl,
    WORKER_PORT: '0',
    STORAGE_PATH: t.testdir(),
    WHATSAPP_BROKER_URL: brokerUrl,
    WHATSAPP_BROKER_API_KEY: 'the key of the broker',
    OUTBOX_SWEEP_SECONDS: '1',
  })
  await startWorker(await createDependencies(config, logger, lifecycle))
  t.teardown(() => lifecycle.stop())
}
