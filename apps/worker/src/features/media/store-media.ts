import { createHash } from 'node:crypto'
import { addAbortSignal } from 'node:stream'
import type { ObjectStorage } from '@carteiro/storage/storage'
import { type FetchedMedia, MediaFetchError } from './media-fetcher.ts'
import { SNIFF_BYTES, sniffType } from './sniff-type.ts'

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
    const pieces = readPieces(body)
    const head = await readHead(pieces)
    const mimeType = await sniffType(Buffer.concat(head).subarray(0, SNIFF_BYTES), claimedType)
    const whole = wholeOf(head, pieces, sha256)
    const stored = await storage.put(key, whole, { contentType: mimeType, maxBytes, signal })
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

/** @returns the first pieces, together as long as the type needs; the generator goes on behind them */
async function readHead(pieces: AsyncGenerator<Uint8Array>): Promise<Uint8Array[]> {
  const head: Uint8Array[] = []
  for (let bytes = 0; bytes < SNIFF_BYTES; ) {
    const next = await pieces.next()
    if (next.done) break
    head.push(next.value)
    bytes += next.value.length
  }
  if (head.length === 0) throw new MediaFetchError({ code: 'EMPTY', retriable: true })
  return head
}

/** Fails at its end when the hash is another: the storage then keeps nothing. */
async function* wholeOf(
  head: Uint8Array[],
  rest: AsyncGenerator<Uint8Array>,
  sha256: string | null,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for (const piece of head) {
    hash.update(piece)
    yield piece
  }
  for await (const piece of rest) {
    hash.update(piece)
    yield piece
  }
  if (sha256 !== null && hash.digest('hex') !== sha256) {
    throw new MediaFetchError({ code: 'SHA256_MISMATCH', retriable: true })
  }
}
