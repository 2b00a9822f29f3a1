import { open } from 'node:fs/promises'
import { Problem } from '@carteiro/contracts/problem'
import type { WAMediaUpload } from '@whiskeysockets/baileys'
import { fileTypeFromBuffer } from 'file-type'
import type { MediaMessage } from './to-media-content.ts'

/** As many bytes as the signatures need. */
const SNIFF_BYTES = 4_100

/** Looks at the first bytes of a file. */
export async function sniffMedia(source: WAMediaUpload): Promise<Sniffed> {
  const head = await readHead(source)
  const [found] = ((await fileTypeFromBuffer(head))?.mime ?? '').split(';')
  return { found: found || undefined, isText: isText(head) }
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

function isText(head: Uint8Array): boolean {
  // The last character of a longer file may have been cut.
  const whole = head.length < SNIFF_BYTES ? head : head.subarray(0, -3)
  return !/[\0\ufffd]/.test(new TextDecoder().decode(whole))
}

const SOUND_CONTAINERS = new Set([
  'application/ogg',
  'video/mp4',
  'video/quicktime',
  'video/3gpp',
  'video/webm',
])

/** A file by its first bytes: its media type where they tell it, and whether it is text. */
interface Sniffed {
  found: string | undefined
  isText: boolean
}

/**
 * What a file says it is against what it is. A phone shows a broken picture for what is none, and a login page that a
 * host gave in the place of a file is no picture of the customer's. Bytes that tell nothing are believed.
 *
 * @returns the sentence that says why it is refused; `undefined` when nothing speaks against it
 */
export function whyNotMedia({ type, media }: MediaMessage, sniffed: Sniffed): string | undefined {
  const claim = type === 'document' ? claimOf(media.mimeType) : type
  if (claim === undefined || fits(claim, sniffed)) return undefined
  return `The file is said to be ${claim}, and is ${sniffed.found ?? 'text'}.`
}

/** Of a document only what its bytes can tell. */
function claimOf(mimeType: string | undefined): string | undefined {
  const [claim = ''] = (mimeType ?? '').toLowerCase().split(';')
  if (claim === 'application/pdf') return claim
  const [kind = ''] = claim.split('/')
  return ['image', 'video', 'audio'].includes(kind) && claim !== 'image/svg+xml' ? kind : undefined
}

function fits(claim: string, { found, isText }: Sniffed): boolean {
  if (found === undefined) return !isText
  if (claim === 'sticker') return found === 'image/webp'
  if (claim === 'audio') return found.startsWith('audio/') || SOUND_CONTAINERS.has(found)
  return found === claim || found.startsWith(`${claim}/`)
}

/** As the caller hears it: their own bytes are a fault of the request, another's are one of that host. */
export function notWhatItSays({ media }: MediaMessage, sentence: string): Problem {
  if (media.url !== undefined) return new Problem('MEDIA_FETCH_FAILED', sentence, { status: 422 })
  return new Problem('INVALID_PAYLOAD', sentence, { details: [{ path: 'media.base64', message: sentence }] })
}
