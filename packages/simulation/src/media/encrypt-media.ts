import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import type { MediaType } from '@carteiro/contracts/media'
import { deriveMediaKeys, MAC_BYTES, MEDIA_KEY_BYTES } from './derive-media-keys.ts'

/** A file as a phone seals it, and the members of the message that name it. */
export interface EncryptedMedia {
  /** What the media host keeps: AES-256-CBC, then the first 10 bytes of an HMAC-SHA256 over iv and ciphertext. */
  ciphertext: Buffer
  mediaKey: Buffer
  /** Of the plain bytes. */
  fileSha256: Buffer
  /** Of the ciphertext. */
  fileEncSha256: Buffer
  /** Plain bytes. */
  fileLength: number
}

/**
 * Seals a file for the media host.
 *
 * @param mediaKey 32 bytes; the same key gives the same ciphertext. Drawn by lot where none is given
 */
export async function encryptMedia(
  plain: Uint8Array,
  type: MediaType,
  mediaKey: Buffer = randomBytes(MEDIA_KEY_BYTES),
): Promise<EncryptedMedia> {
  const { iv, cipherKey, macKey } = await deriveMediaKeys(mediaKey, type)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  const mac = createHmac('sha256', macKey).update(iv).update(sealed).digest().subarray(0, MAC_BYTES)
  const ciphertext = Buffer.concat([sealed, mac])
  return {
    ciphertext,
    mediaKey,
    fileSha256: sha256(plain),
    fileEncSha256: sha256(ciphertext),
    fileLength: plain.length,
  }
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
