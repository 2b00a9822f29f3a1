import { signWebhook } from '@carteiro/runtime/webhook-signature'
import { percentiles } from '../roundtrip/latencies.ts'
import { connectRaw, type RawConnection, rawPost } from './post-raw.ts'

export interface Target {
  /** One for each process that answers. */
  urls: string[]
  path: string
  headers: Record<string, string>
  hmacSecret: string
  instanceId: string
}

export interface Measured {
  perSecond: number
  p50: number
  p95: number
  p99: number
}

const CONNECTIONS = 64
const CHATS = 500
/** The requests of a round are made before its clock starts; a machine that needs more ends its round early. */
const PREPARED_PER_SECOND = 20_000

/**
 * Posts one event a request over 64 connections, each as soon as the one before is answered, for so many seconds.
 * The client shares the cores with what it measures, so it does as little as it can meanwhile.
 *
 * @throws when any answer is not a 2xx: a refused request is not a fast one
 */
export async function measure(
  target: Target,
  { seconds, round }: { seconds: number; round: string },
): Promise<Measured> {
  const requests = prepare(target, round, seconds * PREPARED_PER_SECOND)
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, n) => connectRaw(target.urls[n % target.urls.length] ?? '')),
  )
  const latencies: number[] = []
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000

  const postOn = async (connection: RawConnection) => {
    while (performance.now() < endsAt) {
      const request = requests.pop()
      if (!request) return
      const sentAt = performance.now()
      const status = await connection.post(request)
      if (status < 200 || status >= 300) throw new Error(`the webhook answered ${status}`)
      latencies.push(performance.now() - sentAt)
    }
  }
  await Promise.all(connections.map(postOn))
  const elapsedSeconds = (performance.now() - startedAt) / 1_000
  for (const connection of connections) connection.close()
  return { perSecond: Math.round(latencies.length / elapsedSeconds), ...percentiles(latencies) }
}

function prepare(target: Target, round: string, count: number): Buffer[] {
  const [url = ''] = target.urls
  return Array.from({ length: count }, (_, number) => {
    const body = JSON.stringify(event(target.instanceId, `${round}-${number}`, number % CHATS))
    const headers = { ...target.headers, 'content-type': 'application/json', ...sign(target, number, body) }
    return rawPost(new URL(target.path, url).href, headers, body)
  })
}

const sign = ({ hmacSecret }: Target, number: number, body: string) =>
  signWebhook(hmacSecret, { id: String(number), timestamp: Math.floor(Date.now() / 1_000), body })

const event = (instanceId: string, id: string, chat: number) => ({
  id,
  type: 'MESSAGE_INBOUND',
  instanceId,
  timestamp: '2024-05-02T13:05:00.000Z',
  payload: {
    instanceId,
    contact: { phone: `+55119${String(chat).padStart(8, '0')}`, name: 'Maria', registrations: ['ABC123'] },
    message: { id, type: 'text', text: 'Oi! Tudo bem? Queria saber do meu pedido.' },
    metadata: { broker: 'baileys', timestamp: 1_714_655_100 },
  },
})
