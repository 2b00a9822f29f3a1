import { proto, unixTimestampSeconds } from '@whiskeysockets/baileys'
import { isShown, messageInfoOf, type ShownEntry } from './message-info.ts'
import type { PhoneParts } from './phone-parts.ts'
import { isGroup } from './stanza-type.ts'

/** A part of a history, in the order in which phones tell them. */
export interface HistoryPart {
  type: 'INITIAL_BOOTSTRAP' | 'PUSH_NAME' | 'RECENT'
  /** HistorySync, encoded. */
  bytes: Uint8Array
}

const CHATS_LIMIT = 20
const MESSAGES_LIMIT = 20
/** Of each chat's messages, how many the first part tells; the last part tells the others. */
const FIRST_MESSAGES = 5
const PUSH_NAMES_LIMIT = 500
/** What all messages may have together: a part has to fit into one frame of the wire. */
const BYTES_LIMIT = 1024 * 1024

/** What a phone tells a new companion of the chats that it shows. A phone that shows nothing tells nothing. */
export function writeHistory(parts: PhoneParts): HistoryPart[] {
  const entries = parts.log.list().filter(isShown)
  if (entries.length === 0) return []
  const chats = withinLimits(parts, entries)
  const phoneNumberToLidMappings = chats.flatMap(({ pnJid, lidJid }) =>
    pnJid && lidJid ? [{ pnJid, lidJid }] : [],
  )
  const first = chats.map((chat) => ({ ...chat, messages: chat.messages.slice(0, FIRST_MESSAGES) }))
  const others = chats.flatMap(({ messages, ...chat }) =>
    messages.length > FIRST_MESSAGES ? [{ ...chat, messages: messages.slice(FIRST_MESSAGES) }] : [],
  )
  return [
    writePart('INITIAL_BOOTSTRAP', { conversations: first, phoneNumberToLidMappings }),
    writePart('PUSH_NAME', { pushnames: pushNames(parts, entries) }),
    writePart('RECENT', { conversations: others, progress: 100 }),
  ]
}

function writePart(type: HistoryPart['type'], history: proto.IHistorySync): HistoryPart {
  const syncType = proto.HistorySync.HistorySyncType[type]
  return { type, bytes: proto.HistorySync.encode({ ...history, syncType }).finish() }
}

/** A chat with its messages, newest first. */
type Chat = proto.IConversation & { messages: proto.IHistorySyncMsg[] }

/** The chats in which something came last, newest first. */
function withinLimits(parts: PhoneParts, entries: ShownEntry[]): Chat[] {
  const byChat = Map.groupBy(entries.toReversed(), ({ chat }) => chat)
  let left = BYTES_LIMIT
  const isTold = (info: proto.IWebMessageInfo) => {
    left -= proto.WebMessageInfo.encode(info).finish().length
    return left >= 0
  }
  return [...byChat.values()].slice(0, CHATS_LIMIT).flatMap((messages) => toChat(parts, messages, isTold))
}

function toChat(
  { own, port }: PhoneParts,
  entries: ShownEntry[],
  isTold: (info: proto.IWebMessageInfo) => boolean,
): Chat[] {
  const [newest] = entries
  if (!newest) return []
  const { chatJid, shown } = newest
  const group = isGroup(chatJid)
  const person = group ? undefined : port.personOf(chatJid)
  const keyOf = ({ id, from, authorJid }: ShownEntry) => {
    const fromMe = from === own.phone
    return { remoteJid: chatJid, id, fromMe, ...(group && !fromMe && { participant: authorJid }) }
  }
  const messages = entries
    .slice(0, MESSAGES_LIMIT)
    .map((entry) => messageInfoOf(keyOf(entry), entry))
    .filter(isTold)
  return [
    {
      id: chatJid,
      conversationTimestamp: unixTimestampSeconds(shown.at),
      unreadCount: entries.filter((entry) => !entry.shown.read).length,
      ...(person && { pnJid: `${person.phone}@s.whatsapp.net`, lidJid: `${person.lid}@lid` }),
      messages: messages.map((message) => ({ message })),
    },
  ]
}

/** The last name of everybody who wrote here. */
function pushNames({ own }: PhoneParts, entries: ShownEntry[]): proto.IPushname[] {
  const names = new Map<string, string>()
  for (const { from, shown } of entries) {
    if (from !== own.phone && shown.pushName !== '') names.set(from, shown.pushName)
  }
  return [...names]
    .slice(-PUSH_NAMES_LIMIT)
    .map(([phone, pushname]) => ({ id: `${phone}@s.whatsapp.net`, pushname }))
}
