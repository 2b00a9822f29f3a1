import { defined, isObject, type JsonObject } from '../../../json/json-value.ts'
import { readBytes } from './bytes.ts'
import { readCards } from './cards.ts'
import { type ContentType, readType } from './content-type.ts'
import { readInteractive } from './interactive.ts'
import { readLocation } from './location.ts'
import { readMedia } from './media.ts'
import { readPoll } from './poll.ts'
import { readContext } from './quote.ts'
import { readText } from './text.ts'
import { unwrap } from './unwrap.ts'

/** A content out of its wrappers, with what it is. */
export interface Content {
  parts: JsonObject
  contextInfo: JsonObject | undefined
  /** `undefined`: there is nothing to read in it. */
  type: ContentType | undefined
}

/** @param mixed other members may stand beside WhatsApp's own, as in a broker's event */
export function readContent(message: JsonObject, { mixed }: { mixed: boolean }): Content {
  const { parts, contextInfo } = unwrap(message)
  return { parts, contextInfo, type: readType(parts, { mixed }) }
}

/** These are not read member by member, so they are kept as they came. */
const KEPT_WHOLE = ['order', 'product', 'group_invite', 'event', 'album', 'call', 'reaction', 'unsupported']

/**
 * The members that a reader of a message needs, whoever brought it: `type`, `text`, `media`, the quote, `location`,
 * `contacts`, `poll`, `interactive`. Raw upserts and brokers' events go through here, so that one message is the
 * same by either way. Pure.
 */
export function toMembers({ parts, contextInfo, type: found }: Content): JsonObject {
  if (!found) return readContext(parts)
  const { type, name, part } = found
  return defined({
    type,
    text: readText(parts),
    media: readMedia(type, part),
    ...readContext(parts),
    location: readLocation(type, part),
    contacts: readCards(type, part),
    poll: type === 'poll' ? readPoll(part, contextInfo) : undefined,
    ...readInteractive(type, part),
    ...(type === 'unsupported' ? { unsupportedType: name } : {}),
    ...(KEPT_WHOLE.includes(type) ? { [name]: toPlain(part) } : {}),
  })
}

const MAX_THUMBNAIL_CHARACTERS = 22_000

/** A part as plain JSON: bytes as base64, nothing that quotes another message, no large previews. Recurses. */
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return readBytesList(value) ?? value.map(toPlain)
  if (!isObject(value)) return value
  const bytes = isBytes(value) ? readBytes(value) : undefined
  if (bytes !== undefined) return bytes
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (member === null || name === 'contextInfo') return []
    const plain = toPlain(member)
    const large =
      /thumbnail$/i.test(name) && typeof plain === 'string' && plain.length > MAX_THUMBNAIL_CHARACTERS
    return large ? [] : [[name, plain] as const]
  })
  return Object.fromEntries(members)
}

const isBytes = (value: JsonObject): boolean => value.type === 'Buffer' || '0' in value

/** A long list of small numbers is bytes; a short one may be anything. */
const readBytesList = (list: unknown[]): string | undefined =>
  list.length >= 16 ? readBytes(list) : undefined
