import type { BrokerContact } from '@carteiro/contracts/broker-event'
import { firstText, isObject, type JsonObject, objectOf } from '../../json/json-value.ts'
import { buildMessage, type GivenMessage } from './build-message.ts'
import { ignored, type Outcome, rejected } from './draft.ts'
import { type EventName, readDirection } from './event-name.ts'
import { readMessageId } from './message-id.ts'
import * as who from './raw/contact.ts'
import { readContent } from './raw/content.ts'
import { toOurType } from './raw/content-type.ts'
import { ignoredChat, isFromMe } from './raw/ignore-reason.ts'
import { readGivenMedia, withoutLargePreviews } from './raw/media.ts'
import { cutText } from './raw/text.ts'
import { readContact } from './read-contact.ts'
import type { UpsertRules } from './read-upsert.ts'

/** The members of a contract event, wherever its shape puts them. */
interface Members {
  event: JsonObject
  payload: JsonObject
  message: JsonObject
  metadata: JsonObject
  key: JsonObject
  /** An object, or the address alone. */
  contact: unknown
}

/** A message in one of the contract's shapes: with a payload, flat, modern, or a live broker's. Pure. */
export function readContractMessage(event: JsonObject, name: EventName, rules: UpsertRules): Outcome {
  const members = readMembers(event)
  if ('status' in members) return members
  const { payload, message, metadata, key } = members
  const messageId = readMessageId(event, message, metadata)
  if (messageId === undefined) return rejected('missing_id', 'id', 'must name the message')
  const word = firstText(payload.direction, event.direction, metadata.direction)
  const direction = directionOf(name, word)
  if (direction === undefined) return rejected('invalid_contract', 'direction', 'must be inbound or outbound')

  const fromMe = direction === 'outbound' || isFromMe(key)
  const chatId = chatIdOf(members, fromMe)
  const chatReason = chatId === undefined ? undefined : ignoredChat(chatId)
  if (chatReason) return ignored(chatReason)
  const chat = who.readChat(chatId, otherChatSpellings(members, fromMe))
  if (!chat) return rejected('invalid_contract', 'payload.contact', 'must name a phone or a chat')
  const given = toGiven(members, { messageId, chatId: chatId ?? chat.chatKey, chat, fromMe })
  const isPoll = given.content.type?.type === 'poll'
  if (fromMe && direction !== 'outbound' && !rules.ownMessages && !isPoll) return ignored('from_me')
  return buildMessage(given)
}

function readMembers(event: JsonObject): Members | Outcome {
  const payload = isObject(event.payload) ? event.payload : event
  const message = payload.message ?? event.message
  if (!isObject(message)) return rejected('invalid_contract', 'payload.message', 'must be an object')
  const metadata = payload.metadata ?? event.metadata ?? {}
  if (!isObject(metadata)) return rejected('invalid_contract', 'payload.metadata', 'must be an object')
  const key = { ...objectOf(metadata.rawKey), ...objectOf(message.key) }
  const contact = payload.contact ?? event.contact ?? payload.from ?? event.from
  return { event, payload, message, metadata, key, contact }
}

function directionOf(name: EventName, word: string | undefined): 'inbound' | 'outbound' | undefined {
  if (name === 'MESSAGE_OUTBOUND') return 'outbound'
  return name === 'MESSAGE_INBOUND' || word === undefined ? 'inbound' : readDirection(word)
}

function chatIdOf({ event, payload, message, key, contact }: Members, fromMe: boolean): string | undefined {
  const { remoteJid, jid } = objectOf(contact)
  return firstText(
    ...[message.chatId, key.remoteJid, message.remoteJid, remoteJid, payload.chatId, payload.remoteJid, jid],
    ...(fromMe ? [payload.to, event.to] : []),
  )
}

function otherChatSpellings({ event, payload, key, contact }: Members, fromMe: boolean): unknown[] {
  const { phone, lid, jid } = objectOf(contact)
  const addresses = fromMe ? [payload.to, event.to] : [contact, payload.from, event.from]
  return [...who.chatSpellings(key, fromMe), phone, lid, jid, ...addresses]
}

interface Known {
  messageId: string
  chatId: string
  chat: who.Chat
  fromMe: boolean
}

function toGiven(members: Members, known: Known): GivenMessage {
  const { event, payload, message, metadata, key } = members
  const { contact, others } = readContact(members.contact)
  const participant = known.chat.isGroup ? readGroupSender(members) : null
  const content = readContent(isObject(message.key) ? objectOf(message.message) : message, { mixed: true })
  const person = known.chat.isGroup ? participantSpellings(members) : otherChatSpellings(members, false)
  return {
    ...known,
    contact: known.chat.isGroup ? toWriter(contact, participant, metadata) : withAddress(contact, known.chat),
    participantJid: participant?.jid ?? null,
    content,
    given: readGiven(message, content.type !== undefined),
    metadata: toMetadata(members, known.chat, participant, contact, others),
    timestamp: [
      ...[event.timestamp, payload.timestamp, metadata.timestamp],
      ...[message.messageTimestamp, message.timestamp],
    ].find((time) => time != null),
    senderJids: () => who.jidsOf([known.chatId, key.remoteJid, ...person]),
    ownJids: () =>
      who.jidsOf([objectOf(members.contact).owner, objectOf(metadata.broker).owner, payload.owner]),
    countedAs: 'ok',
  }
}

const participantSpellings = ({ key, message, metadata, contact }: Members): unknown[] => {
  const [given, noted] = [objectOf(contact), objectOf(metadata.contact)]
  return [
    ...who.participantSpellings(key),
    ...[message.participant, given.participant, noted.participantJid, noted.phone, noted.lid, given.phone],
  ]
}

const readGroupSender = (members: Members) => who.readParticipant(participantSpellings(members))

/** In a group a broker tells of the one who wrote in the contact, ours in `metadata.contact`. */
function toWriter(
  contact: BrokerContact,
  participant: who.Participant | null,
  metadata: JsonObject,
): BrokerContact {
  const pushName = contact.pushName ?? who.pushNameOf(objectOf(metadata.contact))
  return withAddress({ ...contact, pushName, phone: null }, participant ?? { phone: null, lid: null })
}

const withAddress = (contact: BrokerContact, { phone, lid }: who.Address): BrokerContact => ({
  ...contact,
  phone: contact.phone ?? phone,
  ...(lid === null ? {} : { lid }),
})

function toMetadata(
  { metadata }: Members,
  chat: who.Chat,
  participant: who.Participant | null,
  contact: BrokerContact,
  others: JsonObject,
): JsonObject {
  const noted = { ...others, ...objectOf(metadata.contact) }
  const { pushName, name } = contact
  const writer = chat.isGroup
    ? {
        pushName: noted.pushName ?? pushName ?? name ?? null,
        isGroup: true,
        participantJid: participant?.jid ?? null,
        phone: participant?.phone ?? null,
        lid: participant?.lid ?? null,
      }
    : {}
  const about = { ...noted, ...writer }
  return Object.keys(about).length === 0 ? metadata : { ...metadata, contact: about }
}

/** A broker's own members, as they came; where WhatsApp's parts are missing they alone say what it is. */
function readGiven(message: JsonObject, hasParts: boolean): JsonObject {
  const media = readGivenMedia(message.media)
  const given: JsonObject = { ...withoutLargePreviews(message), ...(media ? { media } : {}) }
  if (typeof given.text === 'string') given.text = cutText(given.text)
  if (hasParts) return given
  const type = firstText(message.type)
  return { ...given, type: type === undefined ? (media ? 'unsupported' : 'text') : toOurType(type) }
}
