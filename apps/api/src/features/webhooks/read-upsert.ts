import { parseStorable } from '../../json/bounded-json.ts'
import { defined, firstText, isObject, type JsonObject, objectOf, textOf } from '../../json/json-value.ts'
import { buildMessage, type GivenMessage } from './build-message.ts'
import { ignored, type Outcome, rejected, taken } from './draft.ts'
import { MAX_ID_CHARACTERS } from './message-id.ts'
import * as who from './raw/contact.ts'
import { type Content, readContent } from './raw/content.ts'
import { ignoredChat, isFromMe, readEntryKey, readStub } from './raw/ignore-reason.ts'

export interface UpsertRules {
  /** Messages of our own phone enter as outbound. */
  ownMessages: boolean
}

/** `WHATSAPP_MESSAGES_UPSERT`: Baileys' own messages, as a broker forwards them. Each entry is judged alone. Pure. */
export function readUpsert(event: JsonObject, rules: UpsertRules): Outcome[] {
  const payload = isObject(event.payload) ? event.payload : event
  const { messages, holders } = findMessages(payload)
  if (messages.length === 0) return [ignored('invalid_entry')]
  const about: About = {
    upsertType: holders.map(({ type }) => type).find((type) => type === 'notify' || type === 'append'),
    owner: firstText(payload.owner, event.owner, objectOf(payload.metadata).owner),
    source: firstText(payload.source, objectOf(payload.metadata).source),
    timestamps: [payload.timestamp, event.timestamp],
  }
  return messages.map((entry) => readEntry(entry, about, rules))
}

interface About {
  upsertType: unknown
  owner: string | undefined
  source: string | undefined
  timestamps: unknown[]
}

/** `payload.messages`, else `payload.raw` (an object, or JSON in a text) and the places in it. */
function findMessages(payload: JsonObject): { messages: unknown[]; holders: JsonObject[] } {
  const { raw: written } = payload
  const raw = objectOf(typeof written === 'string' ? parseStorable(written) : written)
  const holders = [payload, raw, ...[raw.payload, raw.raw, raw.normalized].map(objectOf)]
  const messages = holders.map((holder) => holder.messages).find((list) => listOf(list).length > 0)
  return { messages: listOf(messages), holders }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : isObject(value) ? [value] : [])

function readEntry(given: unknown, about: About, rules: UpsertRules): Outcome {
  const found = readEntryKey(given)
  if (!found) return ignored('invalid_entry')
  const { entry, key, chatId } = found
  const chatReason = ignoredChat(chatId)
  if (chatReason) return ignored(chatReason)
  const fromMe = isFromMe(key)
  const chat = readEntryChat(key, chatId, fromMe)
  if (!chat) return ignored('invalid_entry')
  const content = readContent(objectOf(entry.message), { mixed: false })
  if (fromMe && !rules.ownMessages && content.type?.type !== 'poll') return ignored('from_me')
  const messageId = textOf(key.id)
  if (messageId === undefined || messageId.length > MAX_ID_CHARACTERS)
    return rejected('missing_id', 'payload.messages.key.id', 'must name the message')

  const message = toGiven({ entry, key, chatId, chat, fromMe, content, messageId, about })
  if (content.type) return buildMessage(message)
  const stub = readStub(entry)
  if (stub.kind === 'none') return ignored('empty_message')
  return stub.kind === 'undecryptable' && !fromMe
    ? toUndecryptable(message, stub.reason)
    : ignored('message_stub')
}

/** A message of a broadcast list is its sender's. */
function readEntryChat(key: JsonObject, chatId: string, fromMe: boolean): who.Chat | undefined {
  if (chatId.endsWith('@broadcast') && !fromMe) {
    return who.readChat(key.participant, who.participantSpellings(key))
  }
  return who.readChat(chatId, who.chatSpellings(key, fromMe))
}

interface Entry {
  entry: JsonObject
  key: JsonObject
  chatId: string
  chat: who.Chat
  fromMe: boolean
  content: Content
  messageId: string
  about: About
}

function toGiven(found: Entry): GivenMessage {
  const { entry, key, chatId, chat, fromMe, content, messageId, about } = found
  const participant = chat.isGroup ? who.readParticipant(who.participantSpellings(key)) : null
  // Of what we wrote ourselves, the name is ours.
  const pushName = fromMe ? null : who.pushNameOf(entry)
  const senders = chat.isGroup
    ? who.participantSpellings(key)
    : [chatId, ...who.chatSpellings(key, fromMe), key.participant]
  const secret = content.contextInfo ?? { messageSecret: entry.messageSecret }
  return {
    messageId,
    chatId,
    chat,
    contact: toContact(participant ?? chat, pushName),
    participantJid: participant?.jid ?? null,
    content: { ...content, contextInfo: secret },
    given: {},
    metadata: toMetadata(found, participant, pushName),
    timestamp: [entry.messageTimestamp, ...about.timestamps].find((time) => time != null),
    fromMe,
    senderJids: () => who.jidsOf(senders),
    ownJids: () => who.jidsOf([about.owner]),
    countedAs: 'raw_inbound_normalized',
  }
}

/** Who wrote: in a group its member, else the chat's person. A group has no phone. */
const toContact = ({ phone, lid }: who.Address, pushName: string | null) => ({
  ...{ phone, name: null, document: null, registrations: null, avatarUrl: null, pushName },
  ...(lid === null ? {} : { lid }),
})

function toMetadata(found: Entry, participant: who.Participant | null, pushName: string | null): JsonObject {
  const { key, chatId, chat, fromMe, content, messageId, about } = found
  const { upsertType, owner, source } = about
  const member = participant && {
    participantJid: participant.jid,
    phone: participant.phone,
    lid: participant.lid,
  }
  return {
    source: 'raw_normalized',
    messageId,
    broker: defined({
      ...{ type: 'baileys', direction: fromMe ? 'outbound' : 'inbound', normalized: true },
      ...{ messageType: content.type?.type ?? 'undecryptable', owner, source, upsertType },
    }),
    rawKey: {
      remoteJid: chatId,
      participant: textOf(key.participant) ?? null,
      jid: chat.chatKey,
      participantJid: participant?.jid ?? null,
    },
    ...(chat.isGroup ? { contact: { isGroup: true, participantJid: null, ...member, pushName } } : {}),
    ...(upsertType === 'append' ? { backfilled: true } : {}),
  }
}

const toUndecryptable = (message: GivenMessage, reason: string | null): Outcome =>
  taken({
    body: {
      kind: 'undecryptable',
      contact: message.contact,
      participantJid: message.participantJid,
      providerMessageId: message.messageId,
      reason,
    },
    ownId: [message.messageId],
    chatKey: message.chat.chatKey,
    timestamp: message.timestamp,
    countedAs: message.countedAs,
  })
