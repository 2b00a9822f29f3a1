import { type BrokerClient, createBrokerClient } from '@carteiro/broker-client/broker-client'
import { claim } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { settle } from '@carteiro/domain/outbox/settle'
import type { Queue } from '@carteiro/queue/queue'
import { createLifecycle, pause } from '@carteiro/runtime/lifecycle'
import { readWorkerConfig } from '../../../apps/worker/src/config.ts'
import { createDependencies } from '../../../apps/worker/src/dependencies.ts'
import { startWorker } from '../../../apps/worker/src/worker.ts'
import { atRate, type Pace } from '../roundtrip/latencies.ts'
import { dependenciesOf } from './drain-ways.ts'
import { type BenchDatabase, INSTANCE, TENANT } from './start-database.ts'

const RECIPIENTS = 500
const POLL_MS = 500

/** When the channel was called with a message, by its id. */
type Calls = (id: string) => void

/** Starts a way to send, runs `load` and stops it. */
export type Way = (database: BenchDatabase, onCall: Calls, load: () => Promise<void>) => Promise<void>

/** The worker itself, whose broker answers at once. */
export const byWorker: Way = async (database, onCall, load) => {
  const lifecycle = createLifecycle(database.logger)
  const config = readWorkerConfig({ DATABASE_URL: database.url, WORKER_PORT: '0', LOG_LEVEL: 'error' })
  const dependencies = await createDependencies(config, database.logger, lifecycle)
  await startWorker({ ...dependencies, broker: brokerThatTells(onCall) })
  try {
    await load()
  } finally {
    await lifecycle.stop()
  }
}

const brokerThatTells = (onCall: Calls): BrokerClient => ({
  ...createBrokerClient({ url: 'http://127.0.0.1:9', apiKey: 'never called', timeoutMs: 1_000 }),
  sendMessage: async (_instanceId, _message, { idempotencyKey }) => {
    onCall(idempotencyKey)
    return { status: 'sent', providerMessageId: `3EB0${idempotencyKey}`, response: {} }
  },
})

/** The plain way: look every 0.5 s, and send what is there. */
export const byPolling: Way = async (database, onCall, load) => {
  const dependencies = dependenciesOf(database)
  const stopping = new AbortController()
  const poll = async () => {
    while (await pause(POLL_MS, stopping.signal)) {
      const claimed = await claim(dependencies, {
        tenantId: TENANT,
        instanceId: INSTANCE,
        limit: 100,
        claimSeconds: 120,
      })
      for (const { id } of claimed) onCall(id)
      await Promise.all(
        claimed.map((delivery) =>
          settle(dependencies, delivery, {
            status: 'sent',
            providerMessageId: `3EB0${delivery.id}`,
            response: {},
          }),
        ),
      )
    }
  }
  const polling = poll()
  try {
    await load()
  } finally {
    stopping.abort()
    await polling
  }
}

/** @returns for each message, the milliseconds from its commit to the call of the channel */
export async function measureWay(
  database: BenchDatabase & { queue: Queue },
  way: Way,
  pace: Pace,
): Promise<number[]> {
  const calledAt = new Map<string, number>()
  const committedAt = new Map<string, number>()
  const { promise: allCalled, resolve } = Promise.withResolvers<void>()
  const onCall = (id: string) => {
    calledAt.set(id, performance.now())
    if (calledAt.size === pace.count) resolve()
  }
  await way(database, onCall, async () => {
    await atRate(pace, async (n) => {
      const id = await accept(database, n)
      committedAt.set(id, performance.now())
    })
    await allCalled
  })
  return [...committedAt].map(([id, at]) => Math.max(0, (calledAt.get(id) ?? Number.NaN) - at))
}

async function accept(database: BenchDatabase & { queue: Queue }, n: number): Promise<string> {
  const result = await queueMessage(database, {
    tenantId: TENANT,
    to: `+55119${String(n % RECIPIENTS).padStart(8, '0')}`,
    intent: { intent: 'text', text: 'Hello' },
    maxAttempts: 6,
    actor: 'bench',
    requestId: `bench-${n}`,
  })
  if (result.status !== 'queued') throw new Error(`not accepted: ${result.status}`)
  return result.id
}
