import { randomUUID } from 'node:crypto'
import { signWebhook } from '@carteiro/runtime/webhook-signature'
import { Agent, request } from 'undici'
import type { WebhookAnswer } from './judge-answer.ts'

/** The door to the API: posts events, and holds the connections that are kept alive for it. */
export interface Webhook {
  /**
   * @param body a JSON array of events
   * @param signal gives the attempt up
   * @returns the answer, or why there was none
   */
  post(url: string, body: string, signal: AbortSignal): Promise<PostResult>
  close(): Promise<void>
}

export type PostResult = { requestId: string } & (
  | { kind: 'answered'; answer: WebhookAnswer }
  | { kind: 'unreachable'; reason: string }
)

export interface WebhookOptions {
  apiKey: string
  /** Signs every attempt when given. */
  hmacSecret: string | undefined
  connections: number
}

const TIMEOUTS = { connectTimeout: 5_000, headersTimeout: 15_000, bodyTimeout: 15_000 }
const MAX_ANSWER_BYTES = 1024 * 1024

export function createWebhook({ apiKey, hmacSecret, connections }: WebhookOptions): Webhook {
  const agent = new Agent({
    ...TIMEOUTS,
    connections,
    keepAliveTimeout: 30_000,
    maxResponseSize: MAX_ANSWER_BYTES,
  })

  return {
    async post(url, body, signal) {
      const requestId = randomUUID()
      const timestamp = Math.floor(Date.now() / 1000)
      const signature = hmacSecret ? signWebhook(hmacSecret, { id: requestId, timestamp, body }) : {}
      try {
        const response = await request(url, {
          dispatcher: agent,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-api-key': apiKey,
            'x-request-id': requestId,
            ...signature,
          },
          body,
          signal,
        })
        const retryAfter = response.headers['retry-after']
        const text = await response.body.text()
        return {
          requestId,
          kind: 'answered',
          answer: {
            status: response.statusCode,
            body: parse(text),
            retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
          },
        }
      } catch (error) {
        return { requestId, kind: 'unreachable', reason: errorCode(error) }
      }
    },
    close: () => agent.destroy(),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
