import { normalizeMessageContent, type proto } from '@whiskeysockets/baileys'

/** What a message's content is, in our words: the types of the broker contracts, section 2. */
export interface MessageContent {
  type: string
  text: string | undefined
  /** The content's parts as WhatsApp names them, unwrapped: `conversation`, `imageMessage`, ... */
  parts: proto.IMessage
}

/** Ours for WhatsApp's. What is not here is `unsupported`, and keeps its name in the parts. */
const TYPES: Partial<Record<keyof proto.IMessage, string>> = {
  conversation: 'text',
  extendedTextMessage: 'text',
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'ptv',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
  locationMessage: 'location',
  liveLocationMessage: 'live_location',
  contactMessage: 'contact',
  contactsArrayMessage: 'contacts',
  reactionMessage: 'reaction',
  pollCreationMessage: 'poll',
  pollCreationMessageV2: 'poll',
  pollCreationMessageV3: 'poll',
  pollUpdateMessage: 'poll_choice',
  buttonsResponseMessage: 'buttons_response',
  listResponseMessage: 'list_response',
  interactiveResponseMessage: 'interactive_response',
  templateButtonReplyMessage: 'template_reply',
  orderMessage: 'order',
  productMessage: 'product',
  groupInviteMessage: 'group_invite',
  eventMessage: 'event',
  albumMessage: 'album',
  call: 'call',
}

/** Members that say nothing to a reader: keys for groups, secrets, flags. */
const BOOKKEEPING = new Set([
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'messageContextInfo',
])

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
    part == null || BOOKKEEPING.has(name) ? [] : [name as keyof proto.IMessage],
  )
  if (names.includes('protocolMessage')) return 'protocol_message'
  // With `conversation` beside a media part the type is the media's, the text the conversation's.
  const leading = names.find((name) => name !== 'conversation') ?? names[0]
  if (leading === undefined) return 'empty_message'
  return { type: TYPES[leading] ?? 'unsupported', text: readText(parts), parts }
}

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
