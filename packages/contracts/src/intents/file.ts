import { z } from 'zod'
import { SingleLine, StorableText } from '../storable-text.ts'

/** What a browser and every server on the way take for sure. */
const MAX_URL_LENGTH = 2_048
/** Three quarters of this in bytes. A request has 1 MiB at most; a larger file is named by its URL. */
const MAX_BASE64_LENGTH = 1_000_000
/** What file systems take of a name is 255 bytes. */
const MAX_FILE_NAME_LENGTH = 240
const MAX_MIME_TYPE_LENGTH = 200
/** Meta's Cloud API takes 1,024 characters below a file; the phones show no more of it. */
export const MAX_CAPTION_LENGTH = 1_024

const MIME_TYPE = /^[a-z]+\/[\w.+-]+( *; *[\w-]+=("[^"\r\n]*"|[\w.+-]+))*$/i

/** An address. Whether we go there is decided by `@carteiro/runtime/media-url`, and again when it is fetched. */
export const Url = StorableText.max(MAX_URL_LENGTH).refine(URL.canParse, 'must be a URL')

/** An address for people to open: what is not of the web has no business in a message of ours. */
export const WebLink = SingleLine.max(MAX_URL_LENGTH).refine(
  (text) => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text),
  'must be a link, http:// or https://',
)

/** `image/png`, or with parameters `audio/ogg; codecs=opus`. @param kinds its beginnings; any when left out */
export const mimeTypeOf = (...kinds: string[]) =>
  z
    .string()
    .max(MAX_MIME_TYPE_LENGTH)
    .regex(MIME_TYPE, 'must be a media type such as application/pdf')
    .refine(
      (type) => kinds.length === 0 || kinds.some((kind) => type.toLowerCase().startsWith(kind)),
      `must begin with ${kinds.join(' or ')}`,
    )

export const FileName = SingleLine.min(1).max(MAX_FILE_NAME_LENGTH)
export const Caption = StorableText.max(MAX_CAPTION_LENGTH)

const isOneOf = (...members: unknown[]) => members.filter((member) => member !== undefined).length === 1

/** A file beside the message's own members: its address, or its bytes. */
const Media = z
  .strictObject({
    url: Url.optional(),
    base64: z.base64('must be base64').min(1).max(MAX_BASE64_LENGTH).optional(),
    mimeType: mimeTypeOf().optional(),
    fileName: FileName.optional(),
  })
  .refine(({ url, base64 }) => isOneOf(url, base64), {
    path: ['url'],
    message: 'give the file either as url or as base64',
  })

/** The members that say which file; one of the first three is there. */
export const fileMembers = {
  mediaUrl: Url.optional(),
  media: Media.optional(),
  /** Of a file that was brought ahead. */
  uploadId: z.uuid().toLowerCase().optional(),
  fileName: FileName.optional(),
}
export const hasOneFile = ({ mediaUrl, media, uploadId }: FileSource): boolean =>
  isOneOf(mediaUrl, media, uploadId)
export const ONE_FILE = {
  path: ['mediaUrl'],
  message: 'give the file either as mediaUrl, as media or as uploadId',
}

export interface FileSource {
  mediaUrl?: string | undefined
  media?: z.infer<typeof Media> | undefined
  uploadId?: string | undefined
  fileName?: string | undefined
  mimeType?: string | undefined
}

/** One file, however it was written down. */
export interface IntentFile {
  /** Where it is, its bytes, or the upload that it is. */
  source: { url: string } | { base64: string } | { uploadId: string }
  mimeType: string | undefined
  fileName: string | undefined
}

/** The file that an intent names. What stands at the intent goes before what stands in `media`. */
export function fileOf({ mediaUrl, media, uploadId, fileName, mimeType }: FileSource): IntentFile {
  const url = mediaUrl ?? media?.url
  const named = uploadId === undefined ? { base64: media?.base64 ?? '' } : { uploadId }
  return {
    source: url === undefined ? named : { url },
    mimeType: mimeType ?? media?.mimeType,
    fileName: fileName ?? media?.fileName,
  }
}
