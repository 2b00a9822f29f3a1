import type { BrokerWebhookEvent, MessageInboundEvent } from '@carteiro/contracts/broker-event'
import type { Envelope } from '@carteiro/contracts/envelope'
import { formatJid, parseJid, parseRecipient } from '@carteiro/contracts/jid'
import { v5 } from 'uuid'
import { readTimestamp } from './read-timestamp.ts'

/** Where and when an event came in. */
export interface Arrival {
  tenantId: string
  instanceId: string
  receivedAt: Date
  requestId: string
}

/** Namespace of our envelopes' ids (RFC 9562, name-based UUIDs): any UUID that is ours alone. */
const NAMESPACE = '6f9619ff-8b86-4011-b42d-00c04fc964ff'

/** Turns a broker's event into our one shape; `undefined` when a message names no id or nobody. Pure. */
export function toEnvelope(event: BrokerWebhookEvent, arrival: Arrival): Envelope | undefined {
  const { tenantId, instanceId, receivedAt, requestId } = arrival
  const time = readTimestamp(event.timestamp ?? messageTime(event), receivedAt)
  const base = { tenantId, instanceId, requestId, receivedAt: receivedAt.toISOString(), timestamp: time.iso }
  const idOf = (kind: string, ownId: string) => v5([tenantId, instanceId, kind, ownId].join('\n'), NAMESPACE)

  switch (event.type) {
    case 'MESSAGE_INBOUND': {
      const providerMessageId = messageIdOf(event)
      const chatKey = chatOf(event)
      if (providerMessageId === undefined || chatKey === undefined) return undefined
      const { contact, message, metadata } = event.payload
      return {
        ...base,
        kind: 'message',
        id: idOf('message', providerMessageId),
        chatKey,
        providerMessageId,
        contact,
        message,
        metadata: { ...metadata, ...(time.valid ? {} : { timestampInvalid: true }) },
      }
    }
    case 'INSTANCE_CONNECTION': {
      const { status, connected, phone, lid, reason } = event.payload
      return {
        ...base,
        kind: 'connection',
        id: idOf('connection', event.id),
        chatKey: instanceId,
        status,
        connected,
        phone: phone ?? null,
        lid: lid ?? null,
        reason: reason ?? null,
      }
    }
    default:
      return event satisfies never
  }
}

const messageTime = (event: BrokerWebhookEvent): unknown =>
  event.type === 'MESSAGE_INBOUND'
    ? (event.payload.timestamp ?? event.payload.metadata.timestamp ?? event.payload.message.messageTimestamp)
    : undefined

/** First of the message's own id, its key's, the metadata's, the event's (broker contracts, "Message id"). */
function messageIdOf({ id, payload: { message, metadata } }: MessageInboundEvent): string | undefined {
  const key = message.key
  const keyId = typeof key === 'object' && key !== null && 'id' in key ? key.id : undefined
  return firstText(message.id, keyId, metadata.messageId, id)
}

/** One spelling for each chat, as its order hangs on it: the group, else the phone where it is known, else the LID. */
function chatOf({ payload: { contact, message, metadata } }: MessageInboundEvent): string | undefined {
  const rawKey = metadata.rawKey
  const remoteJid =
    typeof rawKey === 'object' && rawKey !== null && 'remoteJid' in rawKey ? rawKey.remoteJid : undefined
  const named = firstText(message.chatId, remoteJid, contact.remoteJid)
  const chat = named === undefined ? undefined : parseJid(named)
  const person = contact.phone ? parseRecipient(contact.phone) : undefined
  const address = chat?.kind === 'lid' ? (person ?? chat) : (chat ?? person)
  return address && formatJid(address)
}

function firstText(...candidates: unknown[]): string | undefined {
  const found = candidates.find((value) => typeof value === 'string' && value !== '')
  return typeof found === 'string' ? found : undefined
}
