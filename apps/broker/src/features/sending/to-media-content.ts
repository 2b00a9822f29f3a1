import type { BrokerOutboundMessage } from '@carteiro/contracts/broker-send'
import type { AnyMediaMessageContent, WAMediaUpload } from '@whiskeysockets/baileys'

/** The messages that bring a file. */
export type MediaMessage = Extract<BrokerOutboundMessage, { media: unknown }>

/** A file that is here, and what is known of it. */
export interface MediaFile {
  /** Its bytes, or the path of a file on this machine; never an address that Baileys would fetch itself. */
  source: WAMediaUpload
  /** As its host says. */
  mimeType: string | undefined
  /** As its first bytes say. */
  found?: string | undefined
  /** As its address ends. */
  fileName: string | undefined
}

const VOICE = 'audio/ogg; codecs=opus'
const UNKNOWN = 'application/octet-stream'

/** What Baileys sends for a file. Pure. @throws Error when the file is missing */
export function toMediaContent(message: MediaMessage, file: MediaFile | undefined): AnyMediaMessageContent {
  if (!file) throw new Error('The file was not fetched.')
  const { source } = file
  const mimetype = mimeTypeOf(message, file)
  const typed = mimetype === undefined ? {} : { mimetype }
  switch (message.type) {
    case 'image':
      return { image: source, ...typed, ...toCaption(message) }
    case 'video':
      return { video: source, ...typed, ...toCaption(message) }
    case 'audio':
      return { audio: source, ...typed, ptt: message.ptt ?? false }
    case 'sticker':
      return { sticker: source, mimetype: 'image/webp' }
    case 'document':
      return {
        document: source,
        mimetype: mimetype ?? UNKNOWN,
        fileName: message.media.fileName ?? file.fileName ?? 'file',
        ...toCaption(message),
      }
    default:
      return message satisfies never
  }
}

const toCaption = ({ caption }: { caption?: string | undefined }) => (caption ? { caption } : {})

/**
 * For what is shown, what the file is; else what the caller says, else what the file is, else what its host says where
 * that fits the kind, else Baileys' own. A voice message is shown as one only under its own type.
 */
function mimeTypeOf(message: MediaMessage, { mimeType, found }: MediaFile): string | undefined {
  const { type, media } = message
  if ((type === 'image' || type === 'video') && found !== undefined) return found
  if (media.mimeType !== undefined) return media.mimeType
  if (type === 'audio' && message.ptt) return VOICE
  const told = type === 'audio' ? found?.replace(/^(video|application)\//, 'audio/') : found
  const fits = type === 'document' || mimeType?.startsWith(`${type}/`)
  return told ?? (fits ? mimeType : undefined)
}
