import { Problem } from '@carteiro/contracts/problem'
import type { UploadType } from '@carteiro/contracts/upload'
import { createHiddenSearch } from '@carteiro/runtime/find-hidden'
import { type Sniffed, sniff, sniffType } from '@carteiro/runtime/sniff-type'
import { whyNotType } from '@carteiro/runtime/why-not-type'

/** The pictures that phones show. */
const PICTURES = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif'])

const PAGE = /^<(!doctype|html|head|body|script|svg|iframe|math)\b/i
/** What a page may have before it begins. */
const BEFORE_PAGE: [opens: string, closes: string][] = [
  ['<!--', '-->'],
  ['<?', '?>'],
]

/** What a file is, by its first bytes. */
export interface Look extends Sniffed {
  isPage: boolean
  /** As it is shown when nothing else is known: what was found, or what was claimed where that is harmless. */
  shownAs: string
}

/** @param claimedType the client's word, without parameters */
export async function lookAt(head: Buffer, claimedType: string): Promise<Look> {
  const sniffed = await sniff(head)
  const shownAs = await sniffType(head, claimedType)
  const isXml = sniffed.found === 'application/xml' || sniffed.found === 'image/svg+xml'
  const isPage = (sniffed.isText || isXml) && beginsPage(head.toString('utf8'))
  return { ...sniffed, isPage, shownAs }
}

/** A page or a drawing that a browser would run: also behind blanks, comments and declarations. */
function beginsPage(text: string): boolean {
  let rest = text.replace(/^\ufeff/, '').trimStart()
  for (let skipped = true; skipped; ) {
    const [, closes] = BEFORE_PAGE.find(([opens]) => rest.startsWith(opens)) ?? []
    const end = closes === undefined ? -1 : rest.indexOf(closes)
    skipped = closes !== undefined && end >= 0
    if (closes !== undefined && skipped) rest = rest.slice(end + closes.length).trimStart()
  }
  return PAGE.test(rest) || rest.startsWith('<!--')
}

/**
 * The media type of a file that is sent as this type.
 *
 * @throws Problem FILE_NOT_WHAT_IT_SAYS, FILE_UNSAFE
 */
export function judgeType(type: UploadType, claimedType: string, look: Look): string {
  if (look.isPage) throw unsafe('a page or a drawing that a browser would run')
  const why = whyNotType({ type, mimeType: claimedType }, look)
  if (why !== undefined) throw disguised(why)
  if (type === 'document') return look.shownAs
  const { found } = look
  if (found === undefined)
    throw disguised(`The file is said to be ${type}, and its bytes do not tell what it is.`)
  if (type === 'image' && !PICTURES.has(found)) {
    throw disguised(`An image is JPEG, PNG, WebP or GIF, and this is ${found}: upload it as a document.`)
  }
  return type === 'audio' ? found.replace(/^(video|application)\//, 'audio/') : found
}

/** The pieces of a file, searched for a second file inside. @throws Problem FILE_UNSAFE, with the last piece at the latest */
export async function* searched(
  pieces: AsyncIterable<Uint8Array>,
  onFound: (what: string) => void,
): AsyncGenerator<Uint8Array> {
  const search = createHiddenSearch()
  let found: string | undefined
  const keep = (what: string | undefined) => {
    if (found !== undefined || what === undefined) return
    found = what
    onFound(what)
  }
  for await (const piece of pieces) {
    keep(search.look(piece))
    yield piece
  }
  keep(search.end())
}

const disguised = (message: string) => new Problem('FILE_NOT_WHAT_IT_SAYS', message)

/** @param what `a page` */
export const unsafe = (what: string): Problem =>
  new Problem('FILE_UNSAFE', `The file holds ${what}: take that out, or send another file.`)
