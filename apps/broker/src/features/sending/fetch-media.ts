import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Dispatcher, request } from 'undici'
import { createGuardedAgent, isAskable, RefusedAddress } from './guarded-agent.ts'

export interface MediaLimits {
  /** `host` or `host:port`, which may be private or loopback. */
  allowedHosts: readonly string[]
  maxBytes: number
  /** From the call to the last byte. */
  timeoutMs: number
}

/** A file that is here. Its caller removes it. */
export interface FetchedMedia {
  kind: 'fetched'
  path: string
  mimeType: string | undefined
  fileName: string | undefined
}

export type MediaCode = 'MEDIA_FETCH_FAILED' | 'MEDIA_TOO_LARGE' | 'MEDIA_URL_REFUSED'

/** Why there is no file. `lasting`: it will not be there next time either. */
export interface MediaFailure {
  kind: 'media_failed'
  code: MediaCode
  reason: string
  lasting: boolean
}

const MAX_REDIRECTS = 3

/**
 * Fetches a file into a temporary one: only from public addresses (or hosts that are configured), with a bound on
 * its size, its time and its redirects. Never throws for what a host may do.
 */
export async function fetchMedia(url: string, limits: MediaLimits): Promise<FetchedMedia | MediaFailure> {
  const agent = createGuardedAgent(limits.allowedHosts.map((host) => host.replace(/:\d+$/, '')))
  const signal = AbortSignal.timeout(limits.timeoutMs)
  try {
    const answer = await follow(new URL(url), { agent, signal, limits })
    return 'kind' in answer ? answer : await keep(answer, limits.maxBytes, signal)
  } catch (error) {
    return toFailure(error, signal)
  } finally {
    await agent.destroy()
  }
}

interface Answer {
  url: URL
  response: Dispatcher.ResponseData
}

interface Way {
  agent: Dispatcher
  signal: AbortSignal
  limits: MediaLimits
}

async function follow(first: URL, { agent, signal, limits }: Way): Promise<Answer | MediaFailure> {
  let url = first
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    if (!isWeb(url) || !isAskable(url, limits.allowedHosts)) return refused('its host is no public one')
    const response = await request(url, { dispatcher: agent, signal })
    const { statusCode, headers } = response
    const location = [headers.location].flat()[0]
    if (statusCode >= 300 && statusCode < 400 && location !== undefined) {
      await response.body.dump()
      if (!URL.canParse(location, url.href)) return failed('it leads to no address', true)
      url = new URL(location, url)
      continue
    }
    if (statusCode >= 200 && statusCode < 300) return { url, response }
    await response.body.dump()
    return failed(`its host answered ${statusCode}`, isLasting(statusCode))
  }
  return failed(`it is redirected more than ${MAX_REDIRECTS} times`, true)
}

const isWeb = ({ protocol }: URL) => protocol === 'http:' || protocol === 'https:'

/** 408, 425 and 429 ask for patience; every other 4xx says that there is nothing. */
const isLasting = (status: number) => status < 500 && ![408, 425, 429].includes(status)

async function keep(
  { url, response }: Answer,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedMedia | MediaFailure> {
  const told = Number([response.headers['content-length']].flat()[0] ?? 0)
  if (told > maxBytes) {
    response.body.destroy()
    return tooLarge(maxBytes)
  }
  const path = join(tmpdir(), `carteiro-media-${randomUUID()}`)
  try {
    await pipeline(response.body, bounded(maxBytes), createWriteStream(path, { mode: 0o600 }), { signal })
    return { kind: 'fetched', path, mimeType: typeOf(response), fileName: nameOf(url) }
  } catch (error) {
    await rm(path, { force: true })
    if (error instanceof TooLarge) return tooLarge(maxBytes)
    throw error
  }
}

class TooLarge extends Error {}

function bounded(maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > maxBytes) done(new TooLarge())
      else done(null, chunk)
    },
  })
}

function typeOf({ headers }: Dispatcher.ResponseData): string | undefined {
  const type = [headers['content-type']].flat()[0]
  return type !== undefined && type.length <= 200 ? type.toLowerCase() : undefined
}

function nameOf({ pathname }: URL): string | undefined {
  try {
    return (
      basename(decodeURIComponent(pathname))
        .replace(/\p{Cc}/gu, '')
        .slice(0, 240) || undefined
    )
  } catch {
    return undefined
  }
}

function toFailure(error: unknown, signal: AbortSignal): MediaFailure {
  if (error instanceof RefusedAddress) return refused('its host is no public one')
  if (signal.aborted) return failed('it takes too long', false)
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection'
  return failed(code, false)
}

const failed = (reason: string, lasting: boolean): MediaFailure => ({
  kind: 'media_failed',
  code: 'MEDIA_FETCH_FAILED',
  reason,
  lasting,
})
const refused = (reason: string): MediaFailure => ({
  kind: 'media_failed',
  code: 'MEDIA_URL_REFUSED',
  reason,
  lasting: true,
})
const tooLarge = (maxBytes: number): MediaFailure => ({
  kind: 'media_failed',
  code: 'MEDIA_TOO_LARGE',
  reason: `it has more than ${maxBytes} bytes`,
  lasting: true,
})
