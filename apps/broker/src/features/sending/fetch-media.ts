import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Problem } from '@carteiro/contracts/problem'
import type { FetchedFile, GuardedFetch } from '@carteiro/runtime/guarded-fetch'

export interface MediaLimits {
  maxBytes: number
  /** Ends it, whole or not. */
  signal: AbortSignal
}

/** A file that is here. Its caller removes it. */
export interface FetchedMedia {
  kind: 'fetched'
  path: string
  mimeType: string | undefined
  /** As its address ends. */
  fileName: string | undefined
}

/** Why there is no file: MEDIA_FETCH_FAILED, MEDIA_TOO_LARGE or MEDIA_URL_REFUSED, as the caller hears it. */
export interface MediaFailure {
  kind: 'media_failed'
  problem: Problem
}

/** Fetches a file into a temporary one, within bounds of address, size and time. Never throws for what a host may do. */
export async function fetchMedia(
  guarded: GuardedFetch,
  url: string,
  limits: MediaLimits,
): Promise<FetchedMedia | MediaFailure> {
  const path = join(tmpdir(), `carteiro-media-${randomUUID()}`)
  try {
    const file = await guarded.fetch(url, limits)
    await pipeline(file.body, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    return { kind: 'fetched', path, mimeType: file.mimeType, fileName: nameOf(file) }
  } catch (error) {
    await rm(path, { force: true })
    if (error instanceof Problem) return { kind: 'media_failed', problem: error }
    throw error
  }
}

function nameOf({ url }: FetchedFile): string | undefined {
  const { pathname } = new URL(url)
  try {
    const name = basename(decodeURIComponent(pathname)).replace(/\p{Cc}/gu, '')
    return name.slice(0, 240) || undefined
  } catch {
    return undefined
  }
}
