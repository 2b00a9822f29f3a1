import type { Sniffed } from './sniff-type.ts'

/** What a file is said to be: the kind of message that it makes, and its own media type where that is told. */
export interface ClaimedFile {
  type: string
  mimeType?: string | undefined
}

const SOUND_CONTAINERS = new Set([
  'application/ogg',
  'video/mp4',
  'video/quicktime',
  'video/3gpp',
  'video/webm',
])

/**
 * What a file says it is against what it is. A phone shows a broken picture for what is none, and a login page that a
 * host gave in the place of a file is no picture of the customer's. Bytes that tell nothing are believed.
 *
 * @returns the sentence that says why it is refused; `undefined` when nothing speaks against it
 */
export function whyNotType({ type, mimeType }: ClaimedFile, sniffed: Sniffed): string | undefined {
  const claim = type === 'document' ? claimOf(mimeType) : type
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
