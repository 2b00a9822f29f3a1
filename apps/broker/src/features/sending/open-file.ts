import { rm } from 'node:fs/promises'
import { Problem } from '@carteiro/contracts/problem'
import type { GuardedFetch } from '@carteiro/runtime/guarded-fetch'
import { fetchMedia, type MediaFailure, type MediaLimits } from './fetch-media.ts'
import type { MediaFile, MediaMessage } from './to-media-content.ts'

/** A message's file, ready to be sent, and how to be rid of it. */
export interface OpenFile {
  kind: 'opened'
  file: MediaFile
  close(): Promise<void>
}

/** Takes the file out of the message, or fetches it. */
export async function openFile(
  guarded: GuardedFetch,
  { media }: MediaMessage,
  limits: MediaLimits,
): Promise<OpenFile | MediaFailure> {
  if (media.url === undefined) return openBytes(media.base64 ?? '', limits.maxBytes)
  const fetched = await fetchMedia(guarded, media.url, limits)
  if (fetched.kind === 'media_failed') return fetched
  const { path, mimeType, fileName } = fetched
  return {
    kind: 'opened',
    file: { source: { url: path }, mimeType, fileName },
    close: () => rm(path, { force: true }),
  }
}

function openBytes(base64: string, maxBytes: number): OpenFile | MediaFailure {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > maxBytes) {
    const sentence = `The file is larger than the ${maxBytes} bytes that are taken.`
    return { kind: 'media_failed', problem: new Problem('MEDIA_TOO_LARGE', sentence) }
  }
  return {
    kind: 'opened',
    file: { source: bytes, mimeType: undefined, fileName: undefined },
    close: () => Promise.resolve(),
  }
}
