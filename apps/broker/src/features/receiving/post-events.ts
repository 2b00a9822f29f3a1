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
      const headers = { 'x-api-key': apiKey, ...signed(hmacSecret, requestId, body) }
      try {
        return { requestId, ...(await attempt(agent, url, { requestId, headers, body, signal })) }
      } catch (error) {
        return { requestId, kind: 'unreachable', reason: errorCode(error) }
      }
    },
    close: () => agent.destroy(),
  }
}

/** Every attempt is signed anew: a signature that is minutes old is refused. */
function signed(secret: string | undefined, id: string, body: string): Record<string, string> {
  if (secret === undefined) return {}
  return { ...signWebhook(secret, { id, timestamp: Math.floor(Date.now() / 1000), body }) }
}

async function attempt(
  agent: Agent,
  url: string,
  given: { requestId: string; headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<{ kind: 'answered'; answer: WebhookAnswer }> {
  const response = await request(url, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': given.requestId, ...given.headers },
    body: given.body,
    signal: given.signal,
  })
  const retryAfter = response.headers['retry-after']
  return {
    kind: 'answered',
    answer: {
      status: response.statusCode,
      body: parse(await response.body.text()),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    },
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
