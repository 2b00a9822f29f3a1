import { BOOKKEEPING_PARTS, CONTENT_TYPES } from '@carteiro/contracts/content-type'
import { normalizeMessageContent, proto } from '@whiskeysockets/baileys'

/** What a message's content is, in our words: the types of the broker contracts, section 2. */
export interface MessageContent {
  type: string
  text: string | undefined
  /** The content's parts as WhatsApp names them, unwrapped: `conversation`, `imageMessage`, ... */
  parts: proto.IMessage
}

/**
 * Reads a message's content, out of its envelopes (ephemeral, view once, ...).
 *
 * @returns why there is nothing to read, else the content
 */
export function readContent(
  message: proto.IMessage | null | undefined,
): MessageContent | 'protocol_message' | 'empty_message' {
  const parts = normalizeMessageContent(message)
  if (!parts) return 'empty_message'
  const names = Object.entries(parts).flatMap(([name, part]) =>
    part == null || BOOKKEEPING_PARTS.has(name) ? [] : [name as keyof proto.IMessage],
  )
  if (parts.protocolMessage && !isForReaders(parts.protocolMessage)) return 'protocol_message'
  // With `conversation` beside a media part the type is the media's, the text the conversation's.
  const leading = names.find((name) => name !== 'conversation') ?? names[0]
  if (leading === undefined) return 'empty_message'
  return { type: CONTENT_TYPES[leading] ?? 'unsupported', text: readText(parts), parts }
}

const { REVOKE, MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type

/** A revoke or an edit of a message; every other one is WhatsApp's own affair. Protobuf may leave out what is 0. */
const isForReaders = ({ type, key }: proto.Message.IProtocolMessage): boolean =>
  typeof key?.id === 'string' && ((type ?? REVOKE) === REVOKE || type === MESSAGE_EDIT)

/** What a person reads of it. A quoted text is never taken for it. */
function readText(parts: proto.IMessage): string | undefined {
  const poll = parts.pollCreationMessage ?? parts.pollCreationMessageV2 ?? parts.pollCreationMessageV3
  const candidates = [
    parts.conversation,
    parts.extendedTextMessage?.text,
    parts.buttonsResponseMessage?.selectedDisplayText ?? parts.buttonsResponseMessage?.selectedButtonId,
    parts.templateButtonReplyMessage?.selectedDisplayText ?? parts.templateButtonReplyMessage?.selectedId,
    parts.listResponseMessage?.title ?? parts.listResponseMessage?.singleSelectReply?.selectedRowId,
    parts.imageMessage?.caption,
    parts.videoMessage?.caption,
    parts.documentMessage?.caption,
    poll?.name,
    parts.locationMessage?.name,
    parts.reactionMessage?.text,
  ]
  return candidates.find((text) => typeof text === 'string' && text !== '') ?? undefined
}
