import { rm } from 'node:fs/promises'
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
  { media }: MediaMessage,
  limits: MediaLimits,
): Promise<OpenFile | MediaFailure> {
  if (media.url === undefined) return openBytes(media.base64 ?? '', limits.maxBytes)
  const fetched = await fetchMedia(media.url, limits)
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
    const reason = `it has more than ${maxBytes} bytes`
    return { kind: 'media_failed', code: 'MEDIA_TOO_LARGE', reason, lasting: true }
  }
  return {
    kind: 'opened',
    file: { source: bytes, mimeType: undefined, fileName: undefined },
    close: () => Promise.resolve(),
  }
}
