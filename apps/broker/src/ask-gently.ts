import { Problem } from '@carteiro/contracts/problem'
import { backoffMs } from '@carteiro/runtime/backoff'
import { refusalCode } from './refusal-code.ts'

const BACKOFF = { firstMs: 5_000, maxMs: 10 * 60_000, jitter: 0.2 }
/** These are about what was asked for, not about how often. */
const ABOUT_THE_QUESTION: readonly unknown[] = [400, 401, 403, 404, 406]
const CONNECTION_CLOSED = 428

interface Asked {
  running: Map<string, Promise<unknown>>
  failures: number
  /** Epoch milliseconds: WhatsApp is left alone until then. */
  waitUntil: number
}

/**
 * Queries that WhatsApp counts against an account. The same question is asked once at a time, whoever asks it; after
 * WhatsApp refused one, or did not answer, none of its kind is asked before a growing wait is over.
 */
export class GentleQueries {
  readonly #asked = new Map<string, Asked>()

  /**
   * @param kind what waits together: an instance and a kind of query
   * @param what the question itself
   * @throws Problem RATE_LIMITED while WhatsApp is left alone, BROKER_ERROR when it did not answer, what Baileys threw
   *   for a question that WhatsApp refused
   */
  async ask<Answer>(kind: string, what: string, query: () => Promise<Answer>): Promise<Answer> {
    const asked = this.#asked.get(kind) ?? { running: new Map(), failures: 0, waitUntil: 0 }
    this.#asked.set(kind, asked)
    const running = asked.running.get(what) as Promise<Answer> | undefined
    if (running) return await running
    const waitMs = asked.waitUntil - Date.now()
    if (waitMs > 0) {
      throw new Problem('RATE_LIMITED', 'WhatsApp refused this question, and is left alone for a while.', {
        retryAfterSeconds: Math.ceil(waitMs / 1000),
      })
    }
    const answer = askOnce(asked, query)
    asked.running.set(what, answer)
    try {
      return await answer
    } finally {
      asked.running.delete(what)
      if (asked.running.size === 0 && asked.failures === 0) this.#asked.delete(kind)
    }
  }
}

async function askOnce<Answer>(asked: Asked, query: () => Promise<Answer>): Promise<Answer> {
  try {
    const answer = await query()
    asked.failures = 0
    return answer
  } catch (error) {
    const code = refusalCode(error)
    if (ABOUT_THE_QUESTION.includes(code)) throw error
    if (code === CONNECTION_CLOSED) throw new Problem('BROKER_ERROR', 'The connection to WhatsApp broke.')
    asked.failures += 1
    asked.waitUntil = Date.now() + backoffMs(asked.failures, BACKOFF)
    const options = { retryAfterSeconds: Math.ceil((asked.waitUntil - Date.now()) / 1000) }
    if (code === 429) throw new Problem('RATE_LIMITED', 'WhatsApp asks this account to ask less.', options)
    throw new Problem('BROKER_ERROR', `WhatsApp did not answer (${code ?? 'no code'}).`, options)
  }
}
