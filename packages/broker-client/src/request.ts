import type { Readable } from 'node:stream'
import { wasNeverSent } from '@carteiro/runtime/never-sent'
import { type Dispatcher, Pool } from 'undici'

export interface BrokerRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  headers?: Record<string, string>
}

/** What came of a request: an answer, or none; `notSent` says whether the broker can have seen it. */
export type BrokerReply =
  | { kind: 'answer'; status: number; body: unknown; retryAfterSeconds: number | undefined }
  | { kind: 'no_answer'; notSent: boolean; timedOut: boolean; message: string }

/** An answer whose bytes are on their way. A stream that breaks fails; one that ends is whole. */
export interface BrokerStream {
  kind: 'stream'
  body: Readable
  contentType: string | null
  /** In bytes; `null` when the broker does not know it ahead. */
  size: number | null
}

export interface Transport {
  request(request: BrokerRequest): Promise<BrokerReply>
  /** Leaves the body of a 200 to be read; `signal` ends it. @throws the signal's reason */
  open(request: BrokerRequest, signal: AbortSignal): Promise<BrokerStream | BrokerReply>
  close(): Promise<void>
}

export interface TransportOptions {
  url: string
  apiKey: string
  timeoutMs: number
}

const TIMED_OUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const CONNECT_TIMEOUT_MS = 3_000
const MAX_CONNECTIONS = 64

/** HTTP to one broker: connections are kept, times are bounded, nothing is repeated here. */
export function createTransport({ url, apiKey, timeoutMs }: TransportOptions): Transport {
  const base = new URL(url)
  const prefix = base.pathname.replace(/\/$/, '')
  const pool = new Pool(base.origin, {
    connections: MAX_CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 30_000,
  })
  const send = ({ method, path, body, headers }: BrokerRequest, signal?: AbortSignal) =>
    pool.request({
      method,
      path: prefix + path,
      headers: {
        'x-api-key': apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    })
  return {
    request: async (request) => {
      try {
        return await readAnswer(await send(request))
      } catch (error) {
        return noAnswer(error)
      }
    },
    open: async (request, signal) => {
      try {
        const response = await send(request, signal)
        return response.statusCode === 200 ? toStream(response) : await readAnswer(response)
      } catch (error) {
        signal.throwIfAborted()
        return noAnswer(error)
      }
    },
    close: () => pool.close(),
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<BrokerReply> {
  return {
    kind: 'answer',
    status: statusCode,
    body: parse(await body.text()),
    retryAfterSeconds: readRetryAfter(headers['retry-after']),
  }
}

function toStream({ headers, body }: Dispatcher.ResponseData): BrokerStream {
  const { 'content-type': type, 'content-length': length } = headers
  return {
    kind: 'stream',
    body,
    contentType: typeof type === 'string' ? type : null,
    size: typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : null,
  }
}

function noAnswer(error: unknown): BrokerReply {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const message = error instanceof Error ? error.message : String(error)
  return {
    kind: 'no_answer',
    notSent: wasNeverSent(error),
    timedOut: TIMED_OUT.has(code),
    message: message || code,
  }
}

/** An empty answer (204) is `null`; one that is not JSON stays text, for the error's message. */
function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function readRetryAfter(value: string | string[] | undefined): number | undefined {
  const seconds = Number(value)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
