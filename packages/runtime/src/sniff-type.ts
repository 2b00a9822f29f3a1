import { fileTypeFromBuffer } from 'file-type'

/** As many bytes as the signatures need. */
export const SNIFF_BYTES = 4_100

/** What nobody shows or runs. */
export const UNKNOWN_TYPE = 'application/octet-stream'

/** Texts have no signature, and these do nothing where they are shown. */
const HARMLESS_TEXTS = new Set([
  'text/plain',
  'text/csv',
  'text/tab-separated-values',
  'text/markdown',
  'text/vcard',
  'text/x-vcard',
  'text/calendar',
  'application/json',
])

/** What a browser would run or follow. */
const ACTIVE = /^(text|application|image)\/([a-z0-9.-]+\+)?(xml|html)$|script|svg|shockwave/

const ZIPPED =
  /^application\/(vnd\.(openxmlformats-officedocument|oasis\.opendocument|ms-(word|excel|powerpoint))\.[a-z0-9.-]+|epub\+zip|vnd\.android\.package-archive)$/
const COMPOUND = /^application\/(msword|vnd\.(ms-excel|ms-powerpoint|ms-outlook|visio))$/

/** Containers whose first bytes do not tell what is inside: there a claim that fits the container is believed. */
const INSIDE: Record<string, RegExp> = {
  'application/zip': ZIPPED,
  'application/x-cfb': COMPOUND,
  'video/mp4': /^audio\/(mp4|x-m4a|m4a)$/,
  'video/quicktime': /^(video|audio)\/mp4$/,
  'video/3gpp': /^audio\/3gpp$/,
  'video/webm': /^audio\/webm$/,
  'application/ogg': /^(audio|video)\/ogg$/,
  'video/ogg': /^audio\/ogg$/,
}

/**
 * What a file is, by its first bytes. The sender's word counts only where bytes cannot tell: for what is inside of a
 * container that was found, and for harmless texts. All else is `application/octet-stream`.
 *
 * @param claimed without parameters
 */
export async function sniffType(head: Uint8Array, claimed: string | null): Promise<string> {
  const { found } = await sniff(head)
  if (found === undefined) return claimed !== null && isHarmlessText(head, claimed) ? claimed : UNKNOWN_TYPE
  if (ACTIVE.test(found)) return UNKNOWN_TYPE
  return claimed !== null && INSIDE[found]?.test(claimed) ? claimed : found
}

/** A file by its first bytes: its media type where they tell it, without parameters, and whether it is text. */
export interface Sniffed {
  found: string | undefined
  isText: boolean
}

/** @param head the first SNIFF_BYTES of a file, or all of it */
export async function sniff(head: Uint8Array): Promise<Sniffed> {
  const [found] = ((await fileTypeFromBuffer(head))?.mime ?? '').split(';')
  return { found: found || undefined, isText: isText(head) }
}

function isText(head: Uint8Array): boolean {
  // The last character of a longer file may have been cut.
  const whole = head.length < SNIFF_BYTES ? head : head.subarray(0, -3)
  return !/[\0\ufffd]/.test(new TextDecoder().decode(whole))
}

const isHarmlessText = (head: Uint8Array, claimed: string): boolean =>
  HARMLESS_TEXTS.has(claimed) && !head.includes(0)
