import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Transform } from 'node:stream'
import type { SealedMedia } from '@carteiro/contracts/broker-api'
import { getMediaKeys } from '@whiskeysockets/baileys'
import { mediaCorrupt, mediaTooLarge } from './media-problems.ts'

const MAC_BYTES = 10

/**
 * Opens one of WhatsApp's sealed files as it passes: AES-256-CBC, then the first 10 bytes of an HMAC-SHA256 over iv and
 * ciphertext. Baileys' own download leaves the MAC unread and does not notice a connection that breaks, so only its key
 * derivation is used.
 *
 * The stream fails with Problem MEDIA_CORRUPT before its last block when the MAC or a hash that was told is wrong, and
 * with MEDIA_TOO_LARGE after `maxBytes` plain bytes: a stream that ends is whole.
 */
export async function decryptMedia(media: SealedMedia, maxBytes: number): Promise<Transform> {
  const { iv, cipherKey, macKey } = await getMediaKeys(Buffer.from(media.mediaKey, 'base64'), media.mediaType)
  if (!macKey) throw new Error('Baileys derived no key for the MAC')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const hmac = createHmac('sha256', macKey).update(iv)
  const sealedHash = createHash('sha256')
  const plainHash = createHash('sha256')
  let held: Uint8Array = new Uint8Array()
  let plainBytes = 0

  const take = (plain: Buffer): Buffer => {
    plainBytes += plain.length
    if (plainBytes > maxBytes) throw mediaTooLarge(maxBytes)
    plainHash.update(plain)
    return plain
  }
  const takeLast = (): Buffer => {
    if (!isStartOf(hmac.digest(), held)) throw mediaCorrupt('Its MAC is wrong.')
    if (!isHash(sealedHash.digest(), media.fileEncSha256)) throw mediaCorrupt('Its sealed hash is wrong.')
    const last = take(decipher.final())
    if (!isHash(plainHash.digest(), media.fileSha256)) throw mediaCorrupt('Its hash is wrong.')
    return last
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      orFail(done, () => {
        sealedHash.update(chunk)
        const bytes = Buffer.concat([held, chunk])
        const ciphertext = bytes.subarray(0, Math.max(0, bytes.length - MAC_BYTES))
        held = bytes.subarray(ciphertext.length)
        hmac.update(ciphertext)
        return take(decipher.update(ciphertext))
      })
    },
    flush(done) {
      orFail(done, takeLast)
    },
  })
}

function orFail(done: (error: Error | null, plain?: Buffer) => void, step: () => Buffer): void {
  try {
    done(null, step())
  } catch (error) {
    done(isBadDecrypt(error) ? mediaCorrupt('It cannot be decrypted.') : toError(error))
  }
}

const isStartOf = (whole: Buffer, start: Uint8Array): boolean =>
  start.length === MAC_BYTES && timingSafeEqual(whole.subarray(0, MAC_BYTES), start)

const isHash = (digest: Buffer, told: string | undefined): boolean =>
  told === undefined || digest.equals(Buffer.from(told, 'base64'))

const isBadDecrypt = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL')

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
