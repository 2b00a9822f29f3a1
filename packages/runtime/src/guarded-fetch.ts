import { Readable } from 'node:stream'
import { Problem } from '@carteiro/contracts/problem'
import { Agent, type Dispatcher, request } from 'undici'
import { AddressRefused, guardedConnector, type ResolveAll } from './guarded-connector.ts'
import { type AllowedHosts, DEFAULT_PORTS, isAllowedHost, refuseMediaUrl } from './media-url.ts'

/** A file that is on its way. Reading `body` throws `MEDIA_TOO_LARGE`, or `MEDIA_FETCH_FAILED`, when it breaks off. */
export interface FetchedFile {
  /** Where it was found, after redirects. */
  url: string
  /** As the host names it, without parameters; it may be wrong. */
  mimeType: string | undefined
  /** Bytes, when the host says so. */
  size: number | undefined
  /** To be read to its end, or destroyed. */
  body: Readable
}

export interface GuardedFetch {
  /**
   * Opens a file at a stranger's address.
   *
   * @param options.maxBytes more is refused, by the host's word or while it is read
   * @throws Problem MEDIA_URL_REFUSED, MEDIA_TOO_LARGE, MEDIA_FETCH_FAILED (422 when the host has no such file, 502
   *   when it cannot be reached just now)
   */
  fetch(url: string, options: { maxBytes: number; signal?: AbortSignal }): Promise<FetchedFile>
  close(): Promise<void>
}

export interface GuardedFetchOptions {
  /** Hosts of ours that may be reached all the same: `host` or `host:port`. */
  allowedHosts: Iterable<string>
  /** A place of ours whose files may be fetched, and nothing else of its host: `http://api:3000/api/uploads/`. */
  ownFiles?: string | undefined
  /** For a connection. */
  connectTimeoutMs?: number
  /** For the whole file, redirects included. */
  timeoutMs?: number
  maxRedirects?: number
  /** Instead of the system's DNS. */
  resolve?: ResolveAll
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const CONNECTIONS_PER_HOST = 8
const MAX_HEADER_BYTES = 16 * 1024

/**
 * Fetches what strangers name without becoming their way into our network: http and https alone, no credentials,
 * public addresses only, checked where the connection is made and at each redirect; bounded in size and time.
 */
export function createGuardedFetch({
  allowedHosts,
  ownFiles,
  connectTimeoutMs = 5_000,
  timeoutMs = 20_000,
  maxRedirects = 3,
  resolve,
}: GuardedFetchOptions): GuardedFetch {
  const allowed: AllowedHosts = new Set([...allowedHosts].map((host) => host.toLowerCase()))
  const own = ownFiles === undefined ? undefined : new URL(ownFiles)
  // What of our own host may be fetched is judged by its path, before a connection is made.
  const reachable = new Set([
    ...allowed,
    ...(own ? [`${own.hostname}:${own.port || DEFAULT_PORTS[own.protocol]}`] : []),
  ])
  const dispatcher = new Agent({
    connect: guardedConnector({ allowedHosts: reachable, timeoutMs: connectTimeoutMs, resolve }),
    connections: CONNECTIONS_PER_HOST,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })

  async function open(url: string, signal: AbortSignal, redirectsLeft: number): Promise<Opened> {
    const refusal = own && isAt(url, own) ? refuseOwn(url, own, allowed) : refuseMediaUrl(url, allowed)
    if (refusal !== undefined) throw refused(refusal)
    const response = await request(url, { dispatcher, signal, headers: HEADERS }).catch(toProblem)
    const { location } = response.headers
    if (!REDIRECTS.includes(response.statusCode)) return { url, response }
    discard(response)
    if (typeof location !== 'string' || !URL.canParse(location, url)) {
      throw failed('The host redirects to nowhere.', 422)
    }
    if (redirectsLeft === 0) throw failed(`The host redirects more than ${maxRedirects} times.`, 422)
    return open(new URL(location, url).href, signal, redirectsLeft - 1)
  }

  return {
    fetch: async (url, { maxBytes, signal }) => {
      const bounds = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]
      return toFile(await open(url, AbortSignal.any(bounds), maxRedirects), maxBytes)
    },
    close: () => dispatcher.destroy(),
  }
}

const isAt = (url: string, { host }: URL): boolean => URL.canParse(url) && new URL(url).host === host

function refuseOwn(url: string, own: URL, allowed: AllowedHosts): string | undefined {
  const { protocol, pathname } = new URL(url)
  if (protocol === own.protocol && pathname.startsWith(own.pathname)) return undefined
  return isAllowedHost(new URL(url), allowed) ? refuseMediaUrl(url, allowed) : 'leads to this service'
}

interface Opened {
  url: string
  response: Dispatcher.ResponseData
}

/** Packed bytes would not be the file, and unpacked they have no bound. */
const HEADERS = { 'user-agent': 'carteiro', accept: '*/*', 'accept-encoding': 'identity' }

function toFile({ url, response }: Opened, maxBytes: number): FetchedFile {
  const { statusCode, headers } = response
  const size = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  const fault = faultOf(statusCode, headers['content-encoding'], size, maxBytes)
  if (fault) {
    discard(response)
    throw fault
  }
  const type = headers['content-type']
  return {
    url,
    mimeType: typeof type === 'string' ? type.split(';')[0]?.trim().toLowerCase() : undefined,
    size,
    body: Readable.from(bounded(response.body, maxBytes), { objectMode: false }),
  }
}

function faultOf(
  status: number,
  encoding: string | string[] | undefined,
  size: number | undefined,
  maxBytes: number,
): Problem | undefined {
  if (status !== 200)
    return failed(`The host answered ${status}.`, status >= 500 || status === 429 ? 502 : 422)
  if (encoding !== undefined && encoding !== 'identity') {
    return failed('The host packs the file; it must send it as it is.', 422)
  }
  return size !== undefined && size > maxBytes ? tooLarge(maxBytes) : undefined
}

async function* bounded(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let read = 0
  try {
    for await (const chunk of body) {
      read += chunk.length
      if (read > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  } catch (error) {
    toProblem(error)
  }
}

/** The rest is of no use; what it still says of itself is not heard. */
function discard({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => undefined).destroy()
}

function toProblem(error: unknown): never {
  if (error instanceof Problem) throw error
  if (isRefusal(error)) throw refused('leads into a network that is not public')
  throw failed('The host cannot be reached, or the file broke off.', 502)
}

const isRefusal = (error: unknown): boolean =>
  error instanceof AddressRefused || (error instanceof AggregateError && error.errors.some(isRefusal))

const refused = (why: string) =>
  new Problem('MEDIA_URL_REFUSED', `The media URL ${why}; name a public address.`)
const failed = (message: string, status: 422 | 502) => new Problem('MEDIA_FETCH_FAILED', message, { status })
const tooLarge = (maxBytes: number) =>
  new Problem('MEDIA_TOO_LARGE', `The file is larger than the ${maxBytes} bytes that are taken.`)
