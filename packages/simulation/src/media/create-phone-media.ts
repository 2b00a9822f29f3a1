import type { MediaType } from '@carteiro/contracts/media'
import { decryptMedia, type MediaSeal } from './decrypt-media.ts'
import { encryptMedia } from './encrypt-media.ts'
import type { MediaFiles, PlacedMedia } from './media-files.ts'

/** A file on the media host: sealed there, with all that is needed to open it. */
export interface StoredMedia extends PlacedMedia {
  mediaKey: Uint8Array
  /** Of the plain bytes. */
  fileSha256: Uint8Array
  /** Of the sealed bytes. */
  fileEncSha256: Uint8Array
  /** Of the plain bytes. */
  fileLength: number
  /** Epoch seconds. */
  mediaKeyTimestamp: number
}

/** How a simulated phone's files come to the media host and back, and which of them it still has. */
export interface PhoneMedia {
  /** @throws Problem MEDIA_TOO_LARGE, QUEUE_FULL */
  upload(bytes: Uint8Array, type: MediaType): Promise<StoredMedia>
  /**
   * @returns plain bytes, proven
   * @throws Problem MEDIA_GONE, MEDIA_CORRUPT
   */
  download(media: MediaSeal & { directPath: string }, type: MediaType): Promise<Uint8Array>
  /**
   * Uploads a file again that the media host has no longer.
   *
   * @returns where it is then; `undefined` when this phone has it no longer
   */
  uploadAgain(mediaKey: Uint8Array, type: MediaType): PlacedMedia | undefined
}

/** Sealed bytes that phones keep for those who ask again; the oldest files are forgotten past it. */
const KEPT_BYTES = 128 * 1024 * 1024

export function createPhoneMedia(host: MediaFiles, keptBytes = KEPT_BYTES): PhoneMedia {
  const kept = new Map<string, Buffer>()
  let bytes = 0

  function keep(mediaKey: Uint8Array, sealed: Buffer): void {
    const key = nameOf(mediaKey)
    bytes += sealed.length - (kept.get(key)?.length ?? 0)
    kept.delete(key)
    kept.set(key, sealed)
    for (const [oldest, { length }] of kept) {
      if (bytes <= keptBytes) return
      kept.delete(oldest)
      bytes -= length
    }
  }

  return {
    async upload(plain, type) {
      const { ciphertext, ...named } = await encryptMedia(plain, type)
      const placed = host.store(ciphertext, type)
      keep(named.mediaKey, ciphertext)
      return { ...named, ...placed, mediaKeyTimestamp: Math.floor(Date.now() / 1000) }
    },
    async download(media, type) {
      const sealed = host.read(media.directPath)
      const plain = await decryptMedia(sealed, media, type)
      keep(media.mediaKey, sealed)
      return plain
    },
    uploadAgain(mediaKey, type) {
      const sealed = kept.get(nameOf(mediaKey))
      return sealed && host.store(sealed, type)
    },
  }
}

const nameOf = (mediaKey: Uint8Array): string => Buffer.from(mediaKey).toString('base64')
