import type { Readable } from 'node:stream'
import { VERSION } from '@carteiro/runtime/version'
import { Agent, type Dispatcher, type FormData, request } from 'undici'

export interface GraphOptions {
  baseUrl: string
  /** As `v25.0`. */
  version: string
}

export interface GraphRequest {
  /** Of the number that is spoken for. */
  token: string
  /** Ends it. */
  signal: AbortSignal
  /** What is posted; without it, it is a GET. */
  body?: { json: object } | { form: FormData } | { stream: StreamedBody }
}

/** A body that does not fit into memory. */
export interface StreamedBody {
  contentType: string
  /** In bytes. */
  length: number
  body: Readable
}

/** Meta's Graph API over HTTP: connections are kept, times are bounded, nothing is repeated here. */
export interface GraphClient {
  /** The address of a path of the API, as `123/messages`. */
  at(path: string): URL
  /** Whether an access token may go there. */
  isTrusted(url: URL): boolean
  /** @throws what undici throws, the signal's reason, or Error for a URL that is not trusted */
  ask(url: URL, request: GraphRequest): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

const TIMEOUTS = { connectTimeout: 5_000, headersTimeout: 30_000, bodyTimeout: 30_000 }
/** Short: of what is written into a connection that the other side closes just then nobody knows whether it was read. */
const KEEP_ALIVE_MS = 4_000
const MAX_TEXT_BYTES = 64 * 1024
const META_DOMAINS = ['fbsbx.com', 'facebook.com', 'whatsapp.net']

export function createGraphClient({ baseUrl, version }: GraphOptions): GraphClient {
  const agent = new Agent({ ...TIMEOUTS, keepAliveTimeout: KEEP_ALIVE_MS })
  const base = new URL(baseUrl)
  const prefix = `${base.pathname.replace(/\/$/, '')}/${version}/`
  const isTrusted = (url: URL) => mayHaveToken(url, base)
  return {
    at: (path) => new URL(prefix + path, base),
    isTrusted,
    ask: async (url, { token, signal, body }) => {
      if (!isTrusted(url)) throw new Error(`no access token goes to ${url.host}`)
      return request(url, {
        dispatcher: agent,
        signal,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'user-agent': `carteiro/${VERSION}`,
          ...headersOf(body),
        },
        body: bytesOf(body),
      })
    },
    close: () => agent.destroy(),
  }
}

function headersOf(body: GraphRequest['body']): Record<string, string> {
  if (body === undefined || 'form' in body) return {}
  if ('json' in body) return { 'content-type': 'application/json' }
  return { 'content-type': body.stream.contentType, 'content-length': String(body.stream.length) }
}

function bytesOf(body: GraphRequest['body']): string | FormData | Readable | null {
  if (body === undefined) return null
  if ('json' in body) return JSON.stringify(body.json)
  return 'form' in body ? body.form : body.stream.body
}

/** To the Graph API itself, or to a host of Meta's. */
export function mayHaveToken(url: URL, base: URL): boolean {
  if (url.origin === base.origin) return true
  const isMeta = META_DOMAINS.some((domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`))
  return isMeta && url.protocol === 'https:' && url.port === ''
}

/** As much of a body as an answer needs; one that breaks off is what came of it. */
export async function readText(body: Readable): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of body) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > MAX_TEXT_BYTES) break
    }
  } catch {
    // What came tells enough, or reads as no answer at all.
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** @returns `undefined` for what is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
