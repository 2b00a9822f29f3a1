import { defined, isObject, type JsonObject, saysYes, textOf } from '../../../json/json-value.ts'
import { readType } from './content-type.ts'
import { readText } from './text.ts'
import { unwrap } from './unwrap.ts'

const MAX_MENTIONS = 1_024

/** What a message answers, whom it mentions, and whether it was passed on. */
export function readContext(parts: JsonObject): JsonObject {
  const context = findContext(parts)
  if (!context) return {}
  const { quotedMessage, mentionedJid } = context
  const quoted = isObject(quotedMessage) ? unwrap(quotedMessage).parts : undefined
  const mentions = Array.isArray(mentionedJid)
    ? mentionedJid.slice(0, MAX_MENTIONS).filter((jid) => typeof jid === 'string')
    : []
  const quotedMessageId = textOf(context.stanzaId)
  return defined({
    quotedMessageId,
    quotedType: quoted && readType(quoted, { mixed: false })?.type,
    quotedText: quoted && readText(quoted),
    // Without a message it answers, `participant` says nothing of a quote.
    quotedParticipant: quotedMessageId === undefined ? undefined : textOf(context.participant),
    mentions: mentions.length > 0 ? mentions : undefined,
    forwarded: saysYes(context.isForwarded) ? true : undefined,
  })
}

/** At the content's root or one level down; one that quotes is preferred. */
function findContext(parts: JsonObject): JsonObject | undefined {
  const below = Object.values(parts).flatMap((part) => (isObject(part) ? [part.contextInfo] : []))
  const contexts = [parts.contextInfo, ...below].filter(isObject)
  return contexts.find(({ stanzaId }) => textOf(stanzaId) !== undefined) ?? contexts[0]
}
