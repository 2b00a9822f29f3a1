import { MediaType, type MessageMedia } from '@carteiro/contracts/media'
import { inlineBytes, readWrittenFile, type WrittenFile } from './written-file.ts'

/** What of a message tells whether it has a file, and which. */
export interface DescribedMessage {
  type: string
  content: object
  metadata: object
  /** WhatsApp's id; `undefined` where it is known to have one. */
  providerMessageId?: string | null | undefined
}

const MAX_NAME = 255

/**
 * The file of a message, as it is announced before a byte of it is here: what the sender claims, and whether there is
 * anything to fetch it by. `null` when the message has none. Pure.
 */
export function describeMedia(message: DescribedMessage): MessageMedia | null {
  const type = MediaType.safeParse(message.type).data
  if (!type) return null
  const file = readWrittenFile(message.content)
  const isFetchable = hasSource(message, file)
  return {
    state: isFetchable ? 'pending' : 'failed',
    type,
    mimeType: toMimeType(file.mimetype),
    size: file.fileLength ?? null,
    fileName: toFileName(file.fileName),
    sha256: null,
    seconds: file.seconds ?? null,
    width: file.width ?? null,
    height: file.height ?? null,
    reason: isFetchable ? null : 'no_source',
  }
}

/**
 * The column's value for a message that is written. A message that is written over keeps the file that it had (an
 * edited caption comes without its picture); a revoked one keeps none.
 */
export function writtenMedia(message: DescribedMessage, before: MessageMedia | null = null): string | null {
  if (message.type === 'revoked') return null
  const media = before ?? describeMedia(message)
  return media && JSON.stringify(media)
}

/** Whether anything tells where the file of a message is. Pure. */
export const canBeFetched = (message: DescribedMessage): boolean =>
  hasSource(message, readWrittenFile(message.content))

/** Meta gives a file by its id alone; the broker of a linked phone is asked by the message where it tells no more. */
function hasSource({ metadata, providerMessageId }: DescribedMessage, file: WrittenFile): boolean {
  if (file.id !== undefined || inlineBytes(file) !== null) return true
  if ('source' in metadata && metadata.source === 'cloud_api') return false
  const hasKey = file.mediaKey !== undefined && (file.directPath ?? file.url) !== undefined
  return hasKey || providerMessageId !== null
}

/** `audio/ogg; codecs=opus` is `audio/ogg`; what is no media type is none. */
function toMimeType(written = ''): string | null {
  const [essence = ''] = written.trim().toLowerCase().split(/[;\s]/)
  return /^[a-z]+\/[a-z0-9][a-z0-9.+_-]{0,126}$/.test(essence) ? essence : null
}

/** The name alone: without folders, and without characters that steer a terminal or turn text around. */
function toFileName(written = ''): string | null {
  const name = written.split(/[/\\]/).at(-1) ?? ''
  const plain = name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim()
  return plain === '' || /^\.+$/.test(plain) ? null : [...plain].slice(0, MAX_NAME).join('')
}
