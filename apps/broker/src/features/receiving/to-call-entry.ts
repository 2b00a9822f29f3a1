import { parseJid } from '@carteiro/contracts/jid'
import type { WACallEvent } from '@whiskeysockets/baileys'
import type { JournalEntry } from './journal.ts'
import { toAddress, toChatKey } from './to-address.ts'
import { toJson } from './to-json.ts'

/** What changes for a reader; the others are the phones' own affair. */
const TOLD: ReadonlySet<string> = new Set(['offer', 'accept', 'reject', 'timeout', 'terminate'])

/** A call that rings, is taken, or ends: one event each. `undefined` for what happens between. Pure. */
export function toCallEntry(
  call: WACallEvent,
  { instanceId, receivedAt }: { instanceId: string; receivedAt: Date },
): JournalEntry | undefined {
  const { id, status, groupJid, callerPn, date, isVideo, isGroup, offline } = call
  // The answer of a call may name the caller in the chat alone.
  const from = call.from || call.chatId
  if (!id || !from || !TOLD.has(status)) return undefined
  const caller = toAddress(from, callerPn)
  const chatId = groupJid ?? (parseJid(call.chatId ?? '') ? call.chatId : from)
  return {
    chatKey: groupJid ?? toChatKey(chatId, callerPn),
    event: {
      id: `call:${id}:${status}`,
      type: 'CALL_RECEIVED',
      instanceId,
      timestamp: (Number.isNaN(date.getTime()) ? receivedAt : date).toISOString(),
      payload: {
        ...{ from, callId: id, status, chatId },
        ...caller,
        ...(toJson({ groupJid, isVideo, isGroup }) as object),
        ...(offline ? { backfilled: true } : {}),
      },
    },
  }
}
