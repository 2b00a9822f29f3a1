import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from '../../stack/api-client.ts'
import type { Stack } from '../../stack/start-stack.ts'

const LIMIT_MS = 180_000
const LOOK_MS = 50

/**
 * Ends the broker and starts it again.
 *
 * @returns milliseconds from the start of its process until so many instances are connected
 */
export async function startAnew(stack: Stack, instances: number): Promise<number> {
  const { broker } = stack.processes
  const started = once(broker.events, 'started')
  broker.kill('SIGTERM')
  await started
  const startedAt = performance.now()
  for (const endsAt = startedAt + LIMIT_MS; performance.now() < endsAt; await sleep(LOOK_MS)) {
    if ((await countConnected(stack)) >= instances) return Math.round(performance.now() - startedAt)
  }
  throw new Error(`${instances} instances are not connected after ${LIMIT_MS} ms`)
}

/** As the broker itself says: connected is what may send. */
async function countConnected(stack: Stack): Promise<number> {
  const broker = createApiClient(stack.urls.broker, stack.brokerKey)
  const answer = await broker.get('/instances').catch(() => undefined)
  const instances: { connected: boolean }[] = answer?.body?.instances ?? []
  return instances.filter(({ connected }) => connected).length
}
