import { createHash } from 'node:crypto'
import { addAbortSignal } from 'node:stream'
import { peek } from '@carteiro/runtime/peek'
import { SNIFF_BYTES, sniffType } from '@carteiro/runtime/sniff-type'
import type { ObjectStorage } from '@carteiro/storage/storage'
import { type FetchedMedia, MediaFetchError } from './media-fetcher.ts'

export interface StoreMediaOptions {
  key: string
  maxBytes: number
  claimedType: string | null
  /** In hex; what the bytes must have, where it is known. */
  sha256: string | null
  signal: AbortSignal
}

export interface StoredMedia {
  mimeType: string
  /** In bytes. */
  size: number
  /** In hex. */
  sha256: string
}

/**
 * Streams a file into the storage, a piece at a time. Nothing is stored of a file that breaks off, is larger than
 * `maxBytes`, or has another hash than its message told.
 *
 * @throws MediaFetchError for what is wrong with the file; the storage's own errors are the storage's
 */
export async function storeMedia(
  storage: Pick<ObjectStorage, 'put'>,
  { body, size }: FetchedMedia,
  { key, maxBytes, claimedType, sha256, signal }: StoreMediaOptions,
): Promise<StoredMedia> {
  try {
    if (size !== null && size > maxBytes) {
      throw new MediaFetchError({ code: 'MEDIA_TOO_LARGE', retriable: false })
    }
    addAbortSignal(signal, body)
    const { head, whole } = await peek(readPieces(body), SNIFF_BYTES)
    if (head.length === 0) throw new MediaFetchError({ code: 'EMPTY', retriable: true })
    const mimeType = await sniffType(head, claimedType)
    const stored = await storage.put(key, checked(whole, sha256), { contentType: mimeType, maxBytes, signal })
    return { mimeType, size: stored.size, sha256: stored.sha256 }
  } finally {
    body.destroy()
  }
}

/** The source's pieces; its errors are told from the storage's, which reads them. */
async function* readPieces(body: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of body) {
      yield piece instanceof Uint8Array ? piece : Buffer.from(String(piece))
    }
  } catch (error) {
    if (error instanceof MediaFetchError) throw error
    throw new MediaFetchError({ code: 'INTERRUPTED', retriable: true }, { cause: error })
  }
}

/** Fails at its end when the hash is another: the storage then keeps nothing. */
async function* checked(
  pieces: AsyncGenerator<Uint8Array>,
  sha256: string | null,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  if (sha256 !== null && hash.digest('hex') !== sha256) {
    throw new MediaFetchError({ code: 'SHA256_MISMATCH', retriable: true })
  }
}
