import type {
  MessageInboundEvent,
  MessageOutboundEvent,
  MessageUndecryptableEvent,
} from '@carteiro/contracts/broker-event'
import { type Jid, parseJid } from '@carteiro/contracts/jid'
import { proto, type WAMessage, type WAMessageKey } from '@whiskeysockets/baileys'
import { type MessageContent, readContent } from './message-content.ts'
import { toAddress, toChatKey } from './to-address.ts'
import { toJson } from './to-json.ts'

/** Why a message is not told. */
export type SkipReason =
  | 'status_broadcast'
  | 'newsletter'
  | 'invalid_entry'
  | 'protocol_message'
  | 'message_stub'
  | 'empty_message'
  /** Baileys makes a message of a group's call, which is told as a call. */
  | 'call_notice'

export type Inbound = ToldMessage | { kind: 'skipped'; reason: SkipReason }

interface ToldMessage {
  kind: 'event'
  event: MessageInboundEvent | MessageOutboundEvent | MessageUndecryptableEvent
  chatKey: string
  /** Our account wrote it, perhaps this broker: then it was told by the send's answer. */
  unlessSent?: true
}

export interface InboundContext {
  instanceId: string
  /** `notify`: live. `append`: it waited on the server while we were away. */
  upsertType: 'notify' | 'append'
  receivedAt: Date
}

/**
 * Baileys' message as the event of the webhook's contract, or why it is none. Edits, revokes, reactions and votes are
 * messages to WhatsApp, and told as such; so is what our own phone wrote, as outbound. Pure.
 */
export function toEvent(message: WAMessage, context: InboundContext): Inbound {
  const skipped = (reason: SkipReason): Inbound => ({ kind: 'skipped', reason })
  const { key } = message
  const chatId = key.remoteJid
  if (!chatId || !key.id) return skipped('invalid_entry')
  if (chatId === 'status@broadcast') return skipped('status_broadcast')
  if (chatId.endsWith('@newsletter')) return skipped('newsletter')
  const chat = parseJid(chatId)
  if (!chat) return skipped('invalid_entry')
  const place: Place = { id: key.id, chatId, chat }
  const content = readContent(message.message)
  if (content === 'empty_message' && message.messageStubType) return toStub(message, place, context)
  if (typeof content === 'string') return skipped(content)
  if (isCallNotice(content, key.id)) return skipped('call_notice')
  const body = toBody(message, place, content, context)
  const told = { kind: 'event', chatKey: chatKey(key) } as const
  return key.fromMe
    ? { ...told, event: { type: 'MESSAGE_OUTBOUND', ...body }, unlessSent: true }
    : { ...told, event: { type: 'MESSAGE_INBOUND', ...body } }
}

const isCallNotice = ({ parts: { call } }: MessageContent, id: string): boolean =>
  call?.callKey != null && Buffer.from(call.callKey).toString() === id

/**
 * A message that we sent ourselves, for what the API cannot know of it: the secret of a poll. `undefined` for one
 * without content. Pure.
 */
export function toOutboundEntry(
  message: WAMessage,
  context: InboundContext,
): { event: MessageOutboundEvent; chatKey: string } | undefined {
  const { id, remoteJid: chatId } = message.key
  const chat = parseJid(chatId ?? '')
  const content = readContent(message.message)
  if (!id || !chatId || !chat || typeof content === 'string') return undefined
  const body = toBody(message, { id, chatId, chat }, content, context)
  return { event: { type: 'MESSAGE_OUTBOUND', ...body }, chatKey: chatKey(message.key) }
}

interface Place {
  id: string
  chatId: string
  chat: Jid
}

function toBody(
  message: WAMessage,
  { id, chatId, chat }: Place,
  content: MessageContent,
  context: InboundContext,
) {
  const timestamp = toTimestamp(message.messageTimestamp, context.receivedAt)
  return {
    id,
    instanceId: context.instanceId,
    timestamp,
    payload: {
      instanceId: context.instanceId,
      timestamp,
      contact: contactOf(message, chat),
      message: toMessage(id, chatId, content),
      metadata: toMetadata(message, chat, context.upsertType),
    },
  }
}

const contactOf = (message: WAMessage, chat: Jid) =>
  chat.kind === 'group' ? groupContact(chat.id) : person(message)

/** A notice of the app, or a message that came and could not be read: the one is nothing, the other is told. */
function toStub(message: WAMessage, { id, chatId, chat }: Place, context: InboundContext): Inbound {
  if (message.messageStubType !== proto.WebMessageInfo.StubType.CIPHERTEXT || message.key.fromMe) {
    return { kind: 'skipped', reason: 'message_stub' }
  }
  const [reason] = Array.isArray(message.messageStubParameters) ? message.messageStubParameters : []
  const event: MessageUndecryptableEvent = {
    // The phone may send it again, and then the message itself comes under its own id.
    id: `${id}:undecryptable`,
    type: 'MESSAGE_UNDECRYPTABLE',
    instanceId: context.instanceId,
    timestamp: toTimestamp(message.messageTimestamp, context.receivedAt),
    payload: {
      contact: contactOf(message, chat),
      message: { id, chatId },
      metadata: toMetadata(message, chat, context.upsertType),
      reason: typeof reason === 'string' ? reason : null,
    },
  }
  return { kind: 'event', event, chatKey: chatKey(message.key) }
}

/** The content's own parts as WhatsApp names them, and beside them what most readers need. */
function toMessage(id: string, chatId: string, { parts, type, text }: MessageContent) {
  return {
    ...(toJson(parts) as Record<string, unknown>),
    id,
    chatId,
    type,
    ...(text === undefined ? {} : { text: toJson(text) }),
  }
}

function toMetadata(message: WAMessage, chat: Jid, upsertType: InboundContext['upsertType']) {
  return {
    source: 'baileys',
    messageId: message.key.id,
    broker: { type: 'baileys', direction: message.key.fromMe ? 'outbound' : 'inbound', upsertType },
    rawKey: toJson(message.key),
    ...(chat.kind === 'group' ? { contact: groupSender(message) } : {}),
    ...(upsertType === 'append' ? { backfilled: true } : {}),
  }
}

const chatKey = (key: WAMessageKey): string =>
  toChatKey(key.remoteJid, ...alternatives(key, key.remoteJidAlt))

function person(message: WAMessage) {
  const { remoteJid, remoteJidAlt } = message.key
  const { phone, lid } = toAddress(remoteJid, ...alternatives(message.key, remoteJidAlt))
  return { phone, name: null, pushName: pushName(message), ...(lid === null ? {} : { lid }) }
}

const groupContact = (jid: string) => ({ phone: null, name: null, pushName: null, jid })

function groupSender(message: WAMessage) {
  const { participant, participantAlt } = message.key
  const { phone, lid } = toAddress(participant, ...alternatives(message.key, participantAlt))
  return { isGroup: true, participantJid: participant ?? null, phone, lid, pushName: pushName(message) }
}

/** Older versions of Baileys name the phone of a LID `senderPn`. Of what we wrote ourselves, the sender is us. */
function alternatives(key: WAMessageKey, alt: unknown): unknown[] {
  return [alt, 'senderPn' in key && !key.fromMe ? key.senderPn : undefined]
}

/** Of what we wrote ourselves, the name is ours. */
const pushName = ({ key, pushName: name, verifiedBizName }: WAMessage): string | null => {
  const text = name || verifiedBizName
  return text && !key.fromMe ? (toJson(text) as string) : null
}

/** Epoch seconds, as a number or as protobuf's Long; unreadable ones take the time of receipt. */
function toTimestamp(value: WAMessage['messageTimestamp'], receivedAt: Date): string {
  const seconds = Number(value ?? Number.NaN)
  const at = new Date(seconds * 1000)
  return seconds > 0 && !Number.isNaN(at.getTime()) ? at.toISOString() : receivedAt.toISOString()
}
