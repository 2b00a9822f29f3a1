import { parseStorable } from '../../json/bounded-json.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../../json/json-value.ts'
import { ignored, type Outcome, rejected, taken } from './draft.ts'
import { MAX_ID_CHARACTERS } from './message-id.ts'
import { chatSpellings, jidsOf, readChat } from './raw/contact.ts'
import { readStatus, readStatusError } from './read-status.ts'

/** `WHATSAPP_MESSAGES_UPDATE`: receipts for messages of ours, in a group one by participant. Pure. */
export function readUpdates(event: JsonObject): Outcome[] {
  const payload = isObject(event.payload) ? event.payload : event
  const updates = findUpdates(payload)
  if (updates.length === 0) return [ignored('invalid_entry')]
  const sentAt = event.timestamp ?? payload.timestamp
  return updates.flatMap((entry) => readUpdate(entry, sentAt))
}

function findUpdates(payload: JsonObject): unknown[] {
  const { raw: written } = payload
  const raw = typeof written === 'string' ? parseStorable(written) : written
  if (Array.isArray(raw)) return raw
  const places = [objectOf(raw), payload, objectOf(objectOf(raw).payload), objectOf(objectOf(raw).raw)]
  const updates = places.map((place) => place.updates).find((list) => Array.isArray(list) || isObject(list))
  return Array.isArray(updates) ? updates : isObject(updates) ? [updates] : []
}

interface Receipt {
  status: unknown
  participant: unknown
  timestamp: unknown
}

function readUpdate(entry: unknown, sentAt: unknown): Outcome[] {
  if (!isObject(entry)) return [ignored('invalid_entry')]
  const key = objectOf(entry.key)
  const update = objectOf(entry.update)
  // Of a message that was written to us there is no receipt to keep.
  if (key.fromMe === false) return [ignored('no_status')]
  const messageId = textOf(key.id)
  if (messageId === undefined || messageId.length > MAX_ID_CHARACTERS) {
    return [rejected('missing_id', 'payload.updates.key.id', 'must name the message')]
  }
  const receipts = receiptsOf(entry, key, update)
  const outcomes = receipts.flatMap((receipt) => toStatus(receipt, { key, update, messageId, sentAt }) ?? [])
  return outcomes.length > 0 ? outcomes : [ignored('no_status')]
}

/** An update has one status; a receipt by participant has a time for each thing that happened. */
function receiptsOf(entry: JsonObject, key: JsonObject, update: JsonObject): Receipt[] {
  const status: Receipt = {
    status: update.status ?? entry.status,
    participant: entry.participant ?? update.participant ?? key.participant,
    timestamp: update.messageTimestamp ?? update.timestamp ?? entry.timestamp,
  }
  const listed = [entry.receipt, update.receipt, entry.userReceipt, update.userReceipt]
    .flat()
    .filter(isObject)
  return [status, ...listed.map((receipt) => toReceipt(receipt, key))]
}

function toReceipt(receipt: JsonObject, key: JsonObject): Receipt {
  const { readTimestamp, playedTimestamp, receiptTimestamp } = receipt
  const read = readTimestamp ?? playedTimestamp
  return {
    status: read != null ? 'READ' : receiptTimestamp != null ? 'DELIVERED' : receipt.status,
    participant: receipt.userJid ?? key.participant,
    timestamp: read ?? receiptTimestamp,
  }
}

interface OfMessage {
  key: JsonObject
  update: JsonObject
  messageId: string
  sentAt: unknown
}

function toStatus(receipt: Receipt, { key, update, messageId, sentAt }: OfMessage): Outcome | undefined {
  const status = readStatus(receipt.status)
  if (status === undefined) return undefined
  const chat = readChat(key.remoteJid, chatSpellings(key, true))
  const [participantJid = null] = chat === undefined || chat.isGroup ? jidsOf([receipt.participant]) : []
  return taken({
    body: {
      kind: 'status',
      providerMessageId: messageId,
      status,
      participantJid,
      error: status === 'FAILED' ? readStatusError(update) : null,
      deliveryId: null,
      details: {},
    },
    ownId: [messageId, participantJid ?? '', status],
    chatKey: chat?.chatKey ?? null,
    timestamp: sentAt ?? receipt.timestamp,
    countedAs: 'ok',
  })
}
