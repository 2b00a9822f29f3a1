import type { Readable } from 'node:stream'
import { ProblemBody } from '@carteiro/contracts/problem'
import { Pool } from 'undici'
import { z } from 'zod'

/** What the gateway made of a report. `refused`: it will never take it; `later`: it could not just now. */
export type Reported =
  | { kind: 'done' }
  | { kind: 'refused'; status: number; reason: string; message: string }
  | { kind: 'later'; message: string }

/** The gateway of an API, as an adapter speaks to it. */
export interface GatewayClient {
  /**
   * Opens the stream of messages.
   *
   * @throws GatewayRefusal when the gateway will not; else what the network did
   */
  open(request: {
    instanceIds: string[]
    lastEventId: number | undefined
    signal: AbortSignal
  }): Promise<Readable>
  ack(messageId: string): Promise<Reported>
  confirm(messageId: string, body: { externalId: string }): Promise<Reported>
  fail(messageId: string, body: { reason: string; code: string; retriable: boolean }): Promise<Reported>
  close(): Promise<void>
}

/** The gateway answered, and not with a stream. */
export class GatewayRefusal extends Error {
  readonly code: string
  /** The instance that it is about. */
  readonly instanceId: string | undefined

  constructor(code: string, message: string, instanceId: string | undefined) {
    super(message)
    this.name = 'GatewayRefusal'
    this.code = code
    this.instanceId = instanceId
  }
}

const CONNECT_TIMEOUT_MS = 3_000
const ANSWER_TIMEOUT_MS = 10_000
const CONNECTIONS = 16

const Details = z.object({ instanceId: z.string().optional(), reason: z.string().optional() })

export function createGatewayClient({ url, apiKey }: { url: string; apiKey: string }): GatewayClient {
  const base = new URL(url)
  const prefix = base.pathname.replace(/\/$/, '')
  const pool = new Pool(base.origin, {
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  })

  async function report(messageId: string, act: string, body?: object): Promise<Reported> {
    try {
      const { statusCode, body: answer } = await pool.request({
        method: 'POST',
        path: `${prefix}/messages/${encodeURIComponent(messageId)}/${act}`,
        headers: { 'x-api-key': apiKey, ...(body ? { 'content-type': 'application/json' } : {}) },
        body: body ? JSON.stringify(body) : null,
      })
      const text = await answer.text()
      if (statusCode < 300) return { kind: 'done' }
      const { message, reason } = readRefusal(text)
      const isFinal = [400, 404, 409, 413, 422].includes(statusCode)
      return isFinal
        ? { kind: 'refused', status: statusCode, reason: reason ?? '', message }
        : { kind: 'later', message: `${statusCode}: ${message}` }
    } catch (error) {
      return { kind: 'later', message: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    open: async ({ instanceIds, lastEventId, signal }) => {
      const query = instanceIds.map((id) => `instanceId=${encodeURIComponent(id)}`).join('&')
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path: `${prefix}/messages/stream?${query}`,
        headers: {
          accept: 'text/event-stream',
          'x-api-key': apiKey,
          ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
        },
        // The heartbeat tells whether it is alive.
        bodyTimeout: 0,
        signal,
      })
      if (statusCode === 200) return body
      const { code, message, instanceId } = readRefusal(await body.text())
      throw new GatewayRefusal(code, message, instanceId)
    },
    ack: (messageId) => report(messageId, 'ack'),
    confirm: (messageId, body) => report(messageId, 'confirm', body),
    fail: (messageId, body) => report(messageId, 'fail', body),
    close: () => pool.destroy(),
  }
}

function readRefusal(text: string) {
  const parsed = ProblemBody.safeParse(parse(text))
  if (!parsed.success) return { code: 'UNKNOWN_ERROR', message: 'The gateway gave no reason.' }
  const { code, message, details } = parsed.data.error
  const { instanceId, reason } = Details.safeParse(details).data ?? {}
  return { code, message, instanceId, reason }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
