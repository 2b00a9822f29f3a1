import { MediaType } from '@carteiro/contracts/media'
import { cut } from '@carteiro/contracts/storable-text'
import { defined, firstText, isObject, type JsonObject, textOf } from '../../../json/json-value.ts'
import { readBytes, sizeOf } from './bytes.ts'
import { readLong } from './longs.ts'

/** A larger preview weighs more than what the event tells. */
const MAX_THUMBNAIL_BYTES = 16 * 1024

/** What must be known of a file to fetch it and to show it. */
export function readMedia(type: string, part: JsonObject): JsonObject | undefined {
  return MediaType.safeParse(type).success ? readMediaMembers(part) : undefined
}

/** The same of a `media` object that a broker wrote. */
export function readGivenMedia(media: unknown): JsonObject | undefined {
  return isObject(media) ? { ...withoutLargePreviews(media), ...readMediaMembers(media) } : undefined
}

/** The same at every depth without large previews: a broker's own members stay, but for these. Recurses. */
export function withoutLargePreviews(value: JsonObject): JsonObject {
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (/thumbnail$/i.test(name) && sizeOf(readBytes(member) ?? '') > MAX_THUMBNAIL_BYTES) return []
    return [[name, isObject(member) ? withoutLargePreviews(member) : member] as const]
  })
  return Object.fromEntries(members)
}

function readMediaMembers(part: JsonObject): JsonObject {
  const thumbnail = readBytes(part.jpegThumbnail)
  return defined({
    mimetype: text(part.mimetype ?? part.mimeType),
    fileLength: readLong(part.fileLength ?? part.size),
    fileName: text(part.fileName ?? part.filename),
    caption: text(part.caption),
    seconds: readLong(part.seconds),
    ptt: typeof part.ptt === 'boolean' ? part.ptt : undefined,
    width: readLong(part.width),
    height: readLong(part.height),
    pageCount: readLong(part.pageCount),
    mediaKey: readBytes(part.mediaKey),
    directPath: text(part.directPath),
    url: firstText(part.url, part.URL),
    fileSha256: readBytes(part.fileSha256),
    fileEncSha256: readBytes(part.fileEncSha256),
    jpegThumbnail:
      thumbnail !== undefined && sizeOf(thumbnail) <= MAX_THUMBNAIL_BYTES ? thumbnail : undefined,
  })
}

const text = (value: unknown): string | undefined => {
  const found = textOf(value)
  return found === undefined ? undefined : cut(found, 65_536)
}
