import { formatJid } from '@carteiro/contracts/jid'
import { pause } from '@carteiro/runtime/lifecycle'
import type { WASocket } from '@whiskeysockets/baileys'
import type { PreparedSend } from './send-outcome.ts'

const MS_A_CHARACTER = 40
const SHORTEST_MS = 500
const LONGEST_MS = 4_000
/** Of a send's time, for the message itself and its acknowledgement. */
const LEFT_MS = 12_000

/**
 * Shows that somebody writes for as long as the text may take, and never so long that the send would be late. That it
 * is not shown is no reason not to send.
 */
export async function showTyping(
  socket: Pick<WASocket, 'sendPresenceUpdate'>,
  { jid, message, deadline }: Pick<PreparedSend, 'jid' | 'message' | 'deadline'>,
  signal: AbortSignal,
): Promise<void> {
  const ms = typingMs(message, deadline - Date.now())
  if (ms <= 0) return
  try {
    await socket.sendPresenceUpdate('composing', formatJid(jid))
  } catch {
    return
  }
  await pause(ms, signal)
}

/** @param leftMs until the send is over @returns 0 for what nobody types */
export function typingMs(message: PreparedSend['message'], leftMs: number): number {
  if (message.type !== 'text' && message.type !== 'template') return 0
  const { length } = message.type === 'text' ? message.message : message.template.text
  const wantedMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, length * MS_A_CHARACTER))
  return Math.max(0, Math.min(wantedMs, leftMs - LEFT_MS))
}
