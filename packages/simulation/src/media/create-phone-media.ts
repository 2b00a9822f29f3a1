import type { PhoneMedia } from '../phone/phone-media.ts'
import { decryptMedia } from './decrypt-media.ts'
import { encryptMedia } from './encrypt-media.ts'
import type { MediaFiles } from './media-files.ts'

/** Sealed bytes that phones keep for those who ask again; the oldest files are forgotten past it. */
const KEPT_BYTES = 128 * 1024 * 1024

/**
 * How the files of simulated phones come to the media host and back, and which of them they still have. One serves them
 * all: an account's phone then has what a customer has uploaded, as a real one that loads what comes.
 */
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
    async upload(plain, kind) {
      const { ciphertext, ...named } = await encryptMedia(plain, kind)
      const placed = host.store(ciphertext, kind)
      keep(named.mediaKey, ciphertext)
      return { ...named, ...placed, mediaKeyTimestamp: Math.floor(Date.now() / 1000) }
    },
    async download(media, kind) {
      const sealed = host.read(media.directPath)
      const plain = await decryptMedia(sealed, media, kind)
      keep(media.mediaKey, sealed)
      return plain
    },
    uploadAgain(mediaKey, kind) {
      const sealed = kept.get(nameOf(mediaKey))
      return sealed && host.store(sealed, kind)
    },
  }
}

const nameOf = (mediaKey: Uint8Array): string => Buffer.from(mediaKey).toString('base64')
