import { ConnectionStatus } from '@carteiro/contracts/broker-event'
import {
  defined,
  firstText,
  isObject,
  type JsonObject,
  objectOf,
  saysYes,
  textOf,
} from '../../json/json-value.ts'
import { type Draft, ignored, type Outcome, rejected, taken } from './draft.ts'
import type { EventName } from './event-name.ts'
import { readEventId, readMessageId } from './message-id.ts'
import * as who from './raw/contact.ts'
import { ignoredChat } from './raw/ignore-reason.ts'
import { readContact } from './read-contact.ts'

export type OwnEventName = Exclude<
  EventName,
  | 'MESSAGE_INBOUND'
  | 'MESSAGE_OUTBOUND'
  | 'MESSAGE'
  | 'WHATSAPP_MESSAGES_UPSERT'
  | 'WHATSAPP_MESSAGES_UPDATE'
  | 'POLL_CHOICE'
>

/** What our own broker tells beside messages: of sessions, contacts, groups, calls and gaps. Pure. */
export function readOwnEvent(event: JsonObject, name: OwnEventName): Outcome {
  const payload = objectOf(event.payload ?? event)
  if (name === 'MESSAGE_UNDECRYPTABLE') return readUndecryptable(event, payload)
  const id = readEventId(event)
  if (id === undefined) return rejected('missing_id', 'id', 'must name the event')
  const made = readBody(name, payload)
  if ('status' in made) return made
  return taken({ ...made, ownId: [id], timestamp: event.timestamp ?? payload.timestamp, countedAs: 'ok' })
}

type Made = Pick<Draft, 'body' | 'chatKey'>

function readBody(name: Exclude<OwnEventName, 'MESSAGE_UNDECRYPTABLE'>, payload: JsonObject): Made | Outcome {
  switch (name) {
    case 'INSTANCE_CONNECTION':
      return readConnection(payload)
    case 'CONTACT_UPDATED':
    case 'LID_MAPPING':
      return readPerson(payload)
    case 'GROUP_UPDATED':
      return readGroup(payload)
    case 'CALL_RECEIVED':
      return readCall(payload)
    case 'INSTANCE_GAP':
      return { body: { kind: 'gap', details: withoutAddress(payload) }, chatKey: null }
    default:
      return name satisfies never
  }
}

function readConnection(payload: JsonObject): Made | Outcome {
  const status = ConnectionStatus.safeParse(payload.status)
  if (!status.success) {
    const statuses = ConnectionStatus.options.join(', ')
    return rejected('invalid_contract', 'payload.status', `must be one of ${statuses}`)
  }
  const connected = payload.connected === undefined ? status.data === 'connected' : saysYes(payload.connected)
  const [phone, lid, reason] = [payload.phone, payload.lid, payload.reason].map(nullable)
  const qr = payload.qrAvailable === true ? ({ qrAvailable: true } as const) : {}
  const body = { kind: 'connection', status: status.data, connected, ...qr } as const
  return { body: { ...body, phone: phone ?? null, lid: lid ?? null, reason: reason ?? null }, chatKey: null }
}

function readPerson(payload: JsonObject): Made | Outcome {
  const given = { ...payload, ...objectOf(payload.contact) }
  const chat = who.readChat(firstText(given.jid, given.lid, given.phone), [
    ...[given.jid, given.id, given.phone, given.lid, given.pn, given.phoneNumber],
  ])
  if (!chat || chat.isGroup) return rejected('invalid_contract', 'payload', 'must name a phone or a LID')
  const { phone, lid, chatKey } = chat
  const { contact } = readContact({
    ...given,
    pushName: firstText(given.pushName, given.notifyName, given.notify, given.verifiedName),
    avatarUrl: firstText(given.avatarUrl, given.imgUrl),
  })
  return { body: { kind: 'contact', contact: { ...contact, phone }, phone, lid }, chatKey }
}

function readGroup(payload: JsonObject): Made | Outcome {
  const given = { ...payload, ...objectOf(payload.group) }
  const jid = firstText(given.jid, given.groupJid, given.id, given.chatId)
  const chat = who.readChat(jid, [])
  if (!chat?.isGroup) return rejected('invalid_contract', 'payload.jid', 'must name a group')
  const subject = textOf(given.subject)?.slice(0, 1_000) ?? null
  const body = { kind: 'group', jid: chat.chatKey, subject, details: withoutAddress(payload) } as const
  return { body, chatKey: chat.chatKey }
}

function readCall(payload: JsonObject): Made | Outcome {
  const spellings = [
    payload.from,
    payload.callerPn,
    payload.phone,
    payload.lid,
    objectOf(payload.contact).phone,
  ]
  const named = firstText(payload.groupJid, payload.chatId, payload.remoteJid, payload.from, payload.phone)
  const chat = who.readChat(named, spellings)
  if (!chat) return rejected('invalid_contract', 'payload.from', 'must name who called')
  const caller = chat.isGroup ? who.readParticipant(spellings) : null
  return {
    body: {
      kind: 'call',
      contact: contactOf(caller ?? chat, payload),
      participantJid: caller?.jid ?? null,
      details: withoutAddress(payload),
    },
    chatKey: chat.chatKey,
  }
}

function readUndecryptable(event: JsonObject, payload: JsonObject): Outcome {
  const [message, metadata] = [objectOf(payload.message), objectOf(payload.metadata)]
  const key = { ...objectOf(metadata.rawKey), ...objectOf(payload.key), ...objectOf(message.key) }
  const messageId = readMessageId(event, { id: payload.messageId ?? message.id, key }, metadata)
  if (messageId === undefined) return rejected('missing_id', 'id', 'must name the message')
  const { phone, lid } = objectOf(payload.contact)
  const chatId = firstText(message.chatId, payload.chatId, key.remoteJid, payload.remoteJid)
  const chatReason = chatId === undefined ? undefined : ignoredChat(chatId)
  if (chatReason) return ignored(chatReason)
  const chat = who.readChat(chatId, [...who.chatSpellings(key, false), phone, lid])
  if (!chat) return rejected('invalid_contract', 'payload.chatId', 'must name a chat')
  const participant = chat.isGroup
    ? who.readParticipant([...who.participantSpellings(key), payload.participantJid])
    : null
  return taken({
    body: {
      kind: 'undecryptable',
      contact: contactOf(participant ?? chat, payload),
      participantJid: participant?.jid ?? null,
      providerMessageId: messageId,
      reason: nullable(payload.reason),
    },
    ownId: [messageId],
    chatKey: chat.chatKey,
    timestamp: event.timestamp ?? payload.timestamp,
    countedAs: 'ok',
  })
}

function contactOf({ phone, lid }: who.Address, payload: JsonObject) {
  const { contact } = readContact({ pushName: payload.pushName, ...objectOf(payload.contact) })
  return { ...contact, phone, ...(lid === null ? {} : { lid }) }
}

const withoutAddress = ({ instanceId: _, iid: __, tenantId: ___, ...details }: JsonObject): JsonObject =>
  defined(isObject(details) ? details : {})

const nullable = (value: unknown): string | null => textOf(value)?.slice(0, 1_000).toWellFormed() ?? null
