import type { Readable } from 'node:stream'
import { VERSION } from '@carteiro/runtime/version'
import { Agent, type Dispatcher, request } from 'undici'
import { z } from 'zod'
import { toGraphFault } from './graph-fault.ts'
import { type FetchedMedia, MediaFetchError } from './media-fetcher.ts'

export interface GraphOptions {
  baseUrl: string
  /** As `v25.0`. */
  version: string
}

/** Meta's Graph API, as far as files need it. All throw MediaFetchError, or the signal's reason. */
export interface Graph {
  /** Where a file can be fetched for the next 5 minutes. */
  locate(mediaId: string, token: string, signal: AbortSignal): Promise<LocatedMedia>
  /** Fetches it there; the token goes to hosts of Meta's alone. */
  open(location: LocatedMedia, token: string, signal: AbortSignal): Promise<FetchedMedia>
  close(): Promise<void>
}

const LocatedMedia = z.object({
  url: z.url(),
  mime_type: z.string().nullable().catch(null),
  file_size: z.coerce.number().int().nonnegative().nullable().catch(null),
})
export type LocatedMedia = z.infer<typeof LocatedMedia>

const TIMEOUTS = { connectTimeout: 5_000, headersTimeout: 30_000, bodyTimeout: 30_000 }
const MAX_JSON_BYTES = 64 * 1024
const MAX_REDIRECTS = 3
const META_DOMAINS = ['fbsbx.com', 'facebook.com', 'whatsapp.net']

export function createGraph({ baseUrl, version }: GraphOptions): Graph {
  const agent = new Agent({ ...TIMEOUTS, keepAliveTimeout: 30_000 })
  const base = new URL(baseUrl)

  async function ask(url: URL, token: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    if (!mayHaveToken(url, base)) throw new MediaFetchError({ code: 'HOST_NOT_ALLOWED', retriable: false })
    try {
      return await request(url, {
        dispatcher: agent,
        signal,
        headers: { authorization: `Bearer ${token}`, 'user-agent': `carteiro/${VERSION}` },
      })
    } catch (cause) {
      signal.throwIfAborted()
      throw new MediaFetchError({ code: 'GRAPH_UNREACHABLE', retriable: true }, { cause })
    }
  }

  return {
    async locate(mediaId, token, signal) {
      const path = `${base.pathname.replace(/\/$/, '')}/${version}/${encodeURIComponent(mediaId)}`
      const response = await ask(new URL(path, base), token, signal)
      if (response.statusCode !== 200) throw await refusal(response)
      const located = LocatedMedia.safeParse(parse(await readStart(response.body)))
      if (!located.success) throw new MediaFetchError({ code: 'GRAPH_ERROR', retriable: true })
      return located.data
    },
    async open({ url, mime_type: contentType, file_size: size }, token, signal) {
      let location = new URL(url)
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const response = await ask(location, token, signal)
        if (response.statusCode === 200) return { body: response.body, contentType, size }
        const next = redirectOf(response, location)
        if (!next) throw await refusal(response)
        discard(response.body)
        location = next
      }
      throw new MediaFetchError({ code: 'GRAPH_ERROR', retriable: false })
    },
    close: () => agent.destroy(),
  }
}

/** Whether an access token may go there: to the Graph API itself, or to a host of Meta's. */
export function mayHaveToken(url: URL, base: URL): boolean {
  if (url.origin === base.origin) return true
  const isMeta = META_DOMAINS.some((domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`))
  return isMeta && url.protocol === 'https:' && url.port === ''
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): URL | undefined {
  const { location } = headers
  if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string') return undefined
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined
}

async function refusal({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<MediaFetchError> {
  const text = await readStart(body)
  return new MediaFetchError(toGraphFault({ status: statusCode, text, retryAfter: headers['retry-after'] }))
}

/** As much of a body as an answer needs; one that breaks off is what came of it. */
async function readStart(body: Readable): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of body) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > MAX_JSON_BYTES) break
    }
  } catch {
    // What came tells enough, or reads as no answer at all.
  }
  return Buffer.concat(pieces).toString('utf8')
}

function discard(body: Readable): void {
  body.on('error', () => undefined).destroy()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
