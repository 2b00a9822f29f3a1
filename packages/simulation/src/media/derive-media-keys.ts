import type { MediaType } from '@carteiro/contracts/media'
import { getMediaKeys } from '@whiskeysockets/baileys'

export const MEDIA_KEY_BYTES = 32
export const MAC_BYTES = 10

export interface MediaKeys {
  iv: Uint8Array
  cipherKey: Uint8Array
  macKey: Uint8Array
}

/** The keys of one file, by the media key in its message and by its type. */
export async function deriveMediaKeys(mediaKey: Uint8Array, type: MediaType): Promise<MediaKeys> {
  const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, type)
  if (!macKey) throw new Error('Baileys derived no key for the MAC')
  return { iv, cipherKey, macKey }
}
