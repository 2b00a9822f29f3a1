import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiAnswer, ApiClient } from '../../stack/api-client.ts'
import { untilAnswered } from '../parts/until-answered.ts'

export interface Load {
  /** Messages accepted by the API, per recipient, in the order of their acceptance. */
  accepted: Map<string, { id: string; text: string }[]>
  /** Messages that customers wrote, per phone, in order. */
  written: Map<string, string[]>
  stop(): Promise<void>
}

export interface LoadOptions {
  api: ApiClient
  simulator: ApiClient
  recipients: number
  /** Each way, in all. */
  perSecond: number
}

export const recipientPhone = (index: number): string => `55119600${String(index).padStart(5, '0')}`
export const customerPhone = (index: number): string => `55119700${String(index).padStart(5, '0')}`

async function accept(post: () => Promise<ApiAnswer>): Promise<{ id: string }> {
  const answer = await untilAnswered(post, (status) => status < 500 && status !== 409)
  if (answer.status >= 300) throw new Error(`refused: ${JSON.stringify(answer)}`)
  return answer.body
}

/**
 * Operators who answer and customers who write, at a steady rate, until stopped. Each recipient has one writer at a
 * time, so the order of acceptance is known; like any client with idempotency keys, it repeats what got no answer.
 */
export function startLoad({ api, simulator, recipients, perSecond }: LoadOptions): Load {
  const stopping = new AbortController()
  const accepted: Load['accepted'] = new Map()
  const written: Load['written'] = new Map()
  const pauseMs = (recipients * 1_000) / perSecond

  async function answerCustomers(phone: string): Promise<void> {
    const mine: { id: string; text: string }[] = []
    accepted.set(phone, mine)
    for (let n = 1; !stopping.signal.aborted; n++) {
      const text = `${phone}-${n}`
      const { id } = await accept(() =>
        api.post('/api/v1/outbound/messages', { to: `+${phone}`, text, idempotencyKey: text }),
      )
      mine.push({ id, text })
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  }

  async function writeAsCustomer(phone: string): Promise<void> {
    const mine: string[] = []
    written.set(phone, mine)
    for (let n = 1; !stopping.signal.aborted; n++) {
      const text = `${phone}-${n}`
      await accept(() => simulator.post(`/customers/${phone}/messages`, { text }))
      mine.push(text)
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  }

  const writers = Array.from({ length: recipients }, (_, index) => [
    answerCustomers(recipientPhone(index)),
    writeAsCustomer(customerPhone(index)),
  ]).flat()
  return {
    accepted,
    written,
    stop: async () => {
      stopping.abort()
      await Promise.all(writers)
    },
  }
}
