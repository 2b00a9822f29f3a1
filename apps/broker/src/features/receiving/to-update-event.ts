import type { MessagesUpdateEvent } from '@carteiro/contracts/broker-event'
import {
  type MessageUserReceiptUpdate,
  proto,
  type WAMessageKey,
  type WAMessageUpdate,
} from '@whiskeysockets/baileys'
import type { JournalEntry } from './journal.ts'
import { toChatKey } from './to-address.ts'
import { toJson } from './to-json.ts'

const { ERROR, SERVER_ACK } = proto.WebMessageInfo.Status

export interface UpdateContext {
  instanceId: string
  receivedAt: Date
}

/**
 * What Baileys tells of a message of ours: delivered, read, played. `undefined` for all else: edits and revokes come
 * as messages, and refusals are told by WhatsApp's acknowledgement itself, which also knows whether the send's answer
 * has told of it already. That our own phone has its copy of every message says no more than that answer. Pure.
 */
export function toStatusEntry(
  { key, update }: WAMessageUpdate,
  context: UpdateContext,
): JournalEntry | undefined {
  const { status, messageTimestamp } = update
  if (!key.id || !key.fromMe || status == null || status <= SERVER_ACK) return undefined
  return toEntry({
    ...context,
    key,
    eventId: `${key.id}:status:${status}`,
    update: { status, messageTimestamp },
  })
}

/** What a member of a group did with a message of ours. Pure. */
export function toReceiptEntry(
  { key, receipt }: MessageUserReceiptUpdate,
  context: UpdateContext,
): JournalEntry | undefined {
  if (!key.id || key.fromMe === false || !receipt.userJid) return undefined
  const what = receipt.readTimestamp ? 'read' : receipt.playedTimestamp ? 'played' : 'delivered'
  return toEntry({
    ...context,
    key,
    eventId: `${key.id}:${what}:${receipt.userJid}`,
    update: { receipt },
  })
}

/** What became of a send after its answer said `pending`. */
export interface LateAck {
  waMessageId: string
  /** The recipient as it was sent to. */
  jid: string
  /** WhatsApp's error, when it refused the message. */
  refusedWith: string | undefined
}

/** An acknowledgement that nobody waits for any more, in the words of Baileys' updates. Pure. */
export function toAckEntry({ waMessageId, jid, refusedWith }: LateAck, context: UpdateContext): JournalEntry {
  const status = refusedWith === undefined ? SERVER_ACK : ERROR
  return toEntry({
    ...context,
    key: { remoteJid: jid, id: waMessageId, fromMe: true },
    eventId: `${waMessageId}:status:${status}`,
    update: { status, ...(refusedWith === undefined ? {} : { messageStubParameters: [refusedWith] }) },
  })
}

interface Update extends UpdateContext {
  key: WAMessageKey
  eventId: string
  update: Record<string, unknown>
}

function toEntry({ instanceId, receivedAt, key, eventId, update }: Update): JournalEntry {
  const event: MessagesUpdateEvent = {
    id: eventId,
    type: 'WHATSAPP_MESSAGES_UPDATE',
    instanceId,
    timestamp: timeOf(update, receivedAt).toISOString(),
    payload: { iid: instanceId, raw: { updates: [{ key: plain(key), update: plain(update) }] } },
  }
  return { event, chatKey: toChatKey(key.remoteJid, key.remoteJidAlt) }
}

/** WhatsApp's own time, epoch seconds, where it told one. */
function timeOf({ messageTimestamp, receipt }: Record<string, unknown>, receivedAt: Date): Date {
  const times = [
    messageTimestamp,
    ...(isReceipt(receipt) ? [receipt.readTimestamp, receipt.receiptTimestamp] : []),
  ]
  const seconds = times.map(Number).find((time) => time > 0)
  return seconds === undefined ? receivedAt : new Date(seconds * 1000)
}

const isReceipt = (value: unknown): value is proto.IUserReceipt => typeof value === 'object' && value !== null

const plain = (value: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const json = member == null ? undefined : toJson(member)
      return json === undefined ? [] : [[name, json]]
    }),
  )
