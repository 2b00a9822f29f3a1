import { CallStatus } from '@carteiro/contracts/broker-event'
import { parseJid } from '@carteiro/contracts/jid'
import type { WACallEvent } from '@whiskeysockets/baileys'
import type { JournalEntry } from './journal.ts'
import { toAddress, toChatKey } from './to-address.ts'

/** A call that rings, is taken, or ends: one event each. `undefined` for what happens between. Pure. */
export function toCallEntry(
  call: WACallEvent,
  { instanceId, receivedAt }: { instanceId: string; receivedAt: Date },
): JournalEntry | undefined {
  const { id, groupJid, callerPn, date, isVideo, isGroup, offline } = call
  // The answer of a call may name the caller in the chat alone.
  const from = call.from || call.chatId
  // The others are the phones' own affair.
  const told = CallStatus.safeParse(call.status)
  if (!id || !from || !told.success) return undefined
  const status = told.data
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
        ...(groupJid === undefined ? {} : { groupJid }),
        // Baileys knows it of calls that it heard ringing: a later event must not say otherwise.
        ...(isVideo === undefined ? {} : { isVideo }),
        ...(isGroup === undefined ? {} : { isGroup }),
        ...(offline ? { backfilled: true } : {}),
      },
    },
  }
}
