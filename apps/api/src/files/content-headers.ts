import { create } from 'content-disposition'

/** What a browser may show by itself, because nothing in it can run; and how such files are called. */
const INERT: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['audio/mpeg', 'mp3'],
  ['audio/ogg', 'ogg'],
  ['audio/mp4', 'm4a'],
])

const CONTENT_TYPE = /^[\w.+-]+\/[\w.+-]+( *; *[\w-]+=("[\w .,+-]*"|[\w.,+-]+))*$/
const MAX_NAME_CHARACTERS = 150

/** What is known of a file. */
export interface DescribedFile {
  /** Of its message or upload, by which a file without a name is called. */
  id: string
  type: string
  mimeType: string | null
  fileName: string | null
}

/**
 * The headers that tell what the bytes are. Strangers sent them: a browser must take them for what was found in them,
 * or for bytes, and run nothing. Everything but what is inert is a file to save.
 */
export function contentHeaders(file: DescribedFile): Record<string, string> {
  const contentType = file.mimeType?.toLowerCase() ?? ''
  const extension = INERT.get(contentType.split(';')[0]?.trim() ?? '')
  const name = cleanName(file.fileName) || [`${file.type}-${file.id}`, extension].filter(Boolean).join('.')
  return {
    'content-type': CONTENT_TYPE.test(contentType) ? contentType : 'application/octet-stream',
    'content-disposition': create(name, {
      type: extension === undefined ? 'attachment' : 'inline',
      fallback: toAscii(name),
    }),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
  }
}

/** For programs that do not read UTF-8 here, curl among them: without accents. */
const toAscii = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]|[/\\]/gu, '_')

/** Without control characters, signs that turn the direction of writing and so hide an ending, and folders. */
function cleanName(fileName: string | null): string {
  const clean = (fileName ?? '')
    .toWellFormed()
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/[/\\]/g, '_')
    .trim()
  return [...clean].slice(0, MAX_NAME_CHARACTERS).join('')
}
