import { cut } from '@carteiro/contracts/storable-text'
import { isObject, type JsonObject } from '../../../json/json-value.ts'

/** WhatsApp's own bound. */
const MAX_TEXT_CHARACTERS = 65_536

/** Where the texts are, by part, the best first. */
const TEXTS: [part: string, ...members: string[]][] = [
  ['extendedTextMessage', 'text'],
  ['buttonsResponseMessage', 'selectedDisplayText', 'selectedButtonId'],
  ['templateButtonReplyMessage', 'selectedDisplayText', 'selectedId'],
  ['listResponseMessage', 'title'],
  ['interactiveResponseMessage', 'body'],
  ['imageMessage', 'caption'],
  ['videoMessage', 'caption'],
  ['ptvMessage', 'caption'],
  ['documentMessage', 'caption'],
  ['pollCreationMessage', 'name'],
  ['pollCreationMessageV2', 'name'],
  ['pollCreationMessageV3', 'name'],
  ['pollCreationMessageV5', 'name'],
  ['locationMessage', 'name'],
  ['liveLocationMessage', 'caption'],
  ['reactionMessage', 'text'],
  ['groupInviteMessage', 'caption', 'groupName'],
  ['eventMessage', 'name'],
  ['orderMessage', 'message', 'orderTitle'],
  ['productMessage', 'body'],
  ['buttonsMessage', 'contentText'],
  ['listMessage', 'description', 'title'],
  ['interactiveMessage', 'body'],
]

/** What a person reads of a plain content. A quoted text is never taken for it. */
export function readText(parts: JsonObject): string | undefined {
  const text = spoken(parts.conversation) ?? textOfParts(parts)
  return text === undefined ? undefined : cutText(text)
}

/** A text within WhatsApp's own bound. */
export const cutText = (text: string): string => cut(text, MAX_TEXT_CHARACTERS)

function textOfParts(parts: JsonObject): string | undefined {
  for (const [name, ...members] of TEXTS) {
    const part = parts[name]
    if (!isObject(part)) continue
    for (const member of members) {
      const text = spoken(part[member])
      if (text !== undefined) return text
    }
    if (name === 'listResponseMessage' && isObject(part.singleSelectReply)) {
      const row = spoken(part.singleSelectReply.selectedRowId)
      if (row !== undefined) return row
    }
  }
  return undefined
}

/** A text, or the `text` of a body. */
function spoken(value: unknown): string | undefined {
  const text = isObject(value) ? value.text : value
  return typeof text === 'string' && text !== '' ? text : undefined
}
