import { io } from 'socket.io-client'
import { type ApiClient, createApiClient } from '../../stack/api-client.ts'
import type { Stack } from '../../stack/start-stack.ts'
import { atRate, createArrivals, epochMs, type Latencies, type Pace } from './latencies.ts'
import { readArrivals } from './read-arrivals.ts'

const RECIPIENTS = 20
const PREFIX = 'bench-out-'

/** Through the product: customer to Socket.IO client, and POST to phone. */
export async function measureOurs(stack: Stack, simulator: ApiClient, pace: Pace): Promise<Latencies> {
  const api = createApiClient(stack.urls.api, stack.apiKey)
  const auth = { token: stack.apiKey, rooms: [`tenant:${stack.tenantId}`] }
  const socket = io(stack.urls.api, { transports: ['websocket'], auth })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  try {
    const arrivals = createArrivals()
    socket.on('messages.new', ({ message }) => arrivals.heard(message.text))
    await warmUp(api, simulator)

    const inbound = await atRate(pace, async (n) => {
      const text = `bench-in-${n}`
      const arrived = arrivals.wait(text)
      const startedAt = epochMs()
      await simulator.post(`/customers/${phone('7', n)}/messages`, { text })
      return (await arrived) - startedAt
    })
    const starts = await atRate(pace, async (n) => {
      const text = `${PREFIX}${n}`
      const startedAt = epochMs()
      await api.post('/api/v1/outbound/messages', { to: `+${phone('6', n)}`, text, idempotencyKey: text })
      return { text, startedAt }
    })
    const arrivedAt = await readArrivals(simulator, {
      phones: phones('6'),
      prefix: PREFIX,
      count: pace.count,
    })
    return {
      inbound,
      outbound: starts.map(({ text, startedAt }) => (arrivedAt.get(text) ?? Number.NaN) - startedAt),
    }
  } finally {
    socket.close()
  }
}

/** The first message to a recipient makes a Signal session (40-110 ms): once in a conversation, not measured here. */
async function warmUp(api: ApiClient, simulator: ApiClient): Promise<void> {
  const prefix = 'warm-up-'
  for (const [n, recipient] of phones('6').entries()) {
    await api.post('/api/v1/outbound/messages', { to: `+${recipient}`, text: `${prefix}${n}` })
  }
  await readArrivals(simulator, { phones: phones('6'), prefix, count: RECIPIENTS })
}

const phone = (block: string, n: number): string =>
  `551198${block}0${String(n % RECIPIENTS).padStart(5, '0')}`
const phones = (block: string): string[] => Array.from({ length: RECIPIENTS }, (_, n) => phone(block, n))
