import { setTimeout as sleep } from 'node:timers/promises'
import { untilAnswered } from '../parts/until-answered.ts'

export interface LoadOptions {
  /** API processes, taken in turn. */
  urls: string[]
  brokerKey: string
  instanceId: string
  perSecond: number
}

const CHATS = 20
const BATCH_MS = 100

/** Customers who write, by webhooks, at a steady rate until stopped; a webhook without an answer is posted again. */
export function startLoad({ urls, brokerKey, instanceId, perSecond }: LoadOptions) {
  const stopping = new AbortController()
  const posts = new Set<Promise<unknown>>()
  let posted = 0

  const event = (n: number) => ({
    id: `realtime-${n}`,
    type: 'MESSAGE_INBOUND',
    instanceId,
    payload: {
      contact: { phone: `+55119400${String(n % CHATS).padStart(5, '0')}` },
      message: { text: `message ${n}` },
      metadata: {},
    },
  })

  async function post(events: object[]): Promise<void> {
    let turn = posted
    await untilAnswered(async () => {
      const response = await fetch(`${urls[turn++ % urls.length]}/api/integrations/whatsapp/webhook`, {
        method: 'POST',
        signal: AbortSignal.timeout(10_000),
        headers: { 'x-api-key': brokerKey, 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
      })
      await response.arrayBuffer()
      return { status: response.status, body: null }
    })
  }

  async function write(): Promise<void> {
    const startedAt = performance.now()
    while (!stopping.signal.aborted) {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000)
      const events = Array.from({ length: due - posted }, (_, index) => event(posted + index))
      posted = due
      if (events.length > 0) {
        const own = post(events).finally(() => posts.delete(own))
        posts.add(own)
      }
      await sleep(BATCH_MS)
    }
  }
  const writing = write()
  return {
    /** @returns how many messages were accepted */
    stop: async (): Promise<number> => {
      stopping.abort()
      await writing
      await Promise.all(posts)
      return posted
    },
  }
}
