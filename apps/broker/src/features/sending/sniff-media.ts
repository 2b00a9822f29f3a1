import { open } from 'node:fs/promises'
import { Problem } from '@carteiro/contracts/problem'
import { SNIFF_BYTES, type Sniffed, sniff } from '@carteiro/runtime/sniff-type'
import { whyNotType } from '@carteiro/runtime/why-not-type'
import type { WAMediaUpload } from '@whiskeysockets/baileys'
import type { MediaMessage } from './to-media-content.ts'

/** Looks at the first bytes of a file. */
export async function sniffMedia(source: WAMediaUpload): Promise<Sniffed> {
  return sniff(await readHead(source))
}

async function readHead(source: WAMediaUpload): Promise<Uint8Array> {
  if (Buffer.isBuffer(source)) return source.subarray(0, SNIFF_BYTES)
  if (!('url' in source)) return new Uint8Array()
  const file = await open(source.url)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** As `whyNotType`, of a message's file. */
export const whyNotMedia = ({ type, media }: MediaMessage, sniffed: Sniffed): string | undefined =>
  whyNotType({ type, mimeType: media.mimeType }, sniffed)

/** As the caller hears it: their own bytes are a fault of the request, another's are one of that host. */
export function notWhatItSays({ media }: MediaMessage, sentence: string): Problem {
  if (media.url !== undefined) return new Problem('MEDIA_FETCH_FAILED', sentence, { status: 422 })
  return new Problem('INVALID_PAYLOAD', sentence, { details: [{ path: 'media.base64', message: sentence }] })
}
