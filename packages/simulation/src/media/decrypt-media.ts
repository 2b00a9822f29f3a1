import { createDecipheriv, createHash, createHmac, type Decipheriv, timingSafeEqual } from 'node:crypto'
import type { MediaType } from '@carteiro/contracts/media'
import { Problem } from '@carteiro/contracts/problem'
import { deriveMediaKeys, MAC_BYTES } from './derive-media-keys.ts'

/** What a message tells of a file; hashes that it does not tell are not compared. */
export interface MediaSeal {
  mediaKey: Uint8Array
  fileSha256?: Uint8Array | null | undefined
  fileEncSha256?: Uint8Array | null | undefined
}

/**
 * Opens a file as a phone does: only when its MAC and the hashes that were told are right.
 *
 * @throws Problem MEDIA_CORRUPT
 */
export async function decryptMedia(ciphertext: Buffer, seal: MediaSeal, type: MediaType): Promise<Buffer> {
  const { iv, cipherKey, macKey } = await deriveMediaKeys(seal.mediaKey, type)
  const sealed = ciphertext.subarray(0, -MAC_BYTES)
  const mac = createHmac('sha256', macKey).update(iv).update(sealed).digest().subarray(0, MAC_BYTES)
  if (!isEqual(mac, ciphertext.subarray(sealed.length))) throw corrupt('Its MAC is wrong.')
  if (!isHash(ciphertext, seal.fileEncSha256)) throw corrupt('Its sealed hash is wrong.')
  const plain = decrypt(sealed, createDecipheriv('aes-256-cbc', cipherKey, iv))
  if (!isHash(plain, seal.fileSha256)) throw corrupt('Its hash is wrong.')
  return plain
}

/** Whoever has the key can put a right MAC on what is no whole number of blocks. */
function decrypt(sealed: Buffer, decipher: Decipheriv): Buffer {
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch {
    throw corrupt('It cannot be decrypted.')
  }
}

const corrupt = (reason: string) =>
  new Problem('MEDIA_CORRUPT', `The file is not what its sender sealed. ${reason}`)

const isEqual = (expected: Uint8Array, given: Uint8Array): boolean =>
  given.length === expected.length && timingSafeEqual(expected, given)

const isHash = (bytes: Uint8Array, told: Uint8Array | null | undefined): boolean =>
  !told || isEqual(createHash('sha256').update(bytes).digest(), told)
