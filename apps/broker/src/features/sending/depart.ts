import { formatJid, type Jid, parseJid } from '@carteiro/contracts/jid'
import type { proto, WASocket } from '@whiskeysockets/baileys'
import { boomStatus } from '../../boom-status.ts'
import type { FindReach } from '../../reach.ts'
import { type PrepareDependencies, prepareContent } from './prepare-content.ts'
import type { SendLedger } from './send-ledger.ts'
import type { PreparedSend, SendOutcome } from './send-outcome.ts'
import { showTyping } from './show-typing.ts'
import type { Acks, AwaitedAck } from './wait-for-ack.ts'

export interface DepartDependencies extends PrepareDependencies {
  /** The instance's socket; `undefined` while it is not connected. */
  socket: (instanceId: string) => WASocket | undefined
  reach: FindReach
  /** What is asked of each instance. */
  settings: (instanceId: string) => Promise<{ ceiling?: number | undefined; typing?: boolean | undefined }>
  ledger: SendLedger
  acks: Acks
}

/** A stanza that is out, its acknowledgement not yet in. */
export interface Departed {
  kind: 'departed'
  awaited: AwaitedAck
  content: proto.IMessage
  /** Where it went: WhatsApp may address the recipient otherwise than the request did. */
  jid: Jid
  lid: string | undefined
}

const CONNECTION_CLOSED = 428

/**
 * Brings a message out of the house, or says why not. What the ledger has an answer for is not sent again.
 *
 * @param signal ends the fetching of files, and typing
 */
export async function depart(
  deps: DepartDependencies,
  send: PreparedSend,
  signal: AbortSignal,
): Promise<Departed | SendOutcome> {
  if (Date.now() >= send.deadline) return { kind: 'timeout' }
  const { ledger } = deps
  const { instanceId, idempotencyKey, waMessageId } = send
  const known = await ledger.find(instanceId, idempotencyKey)
  if (known && !known.requestHash.equals(send.hash)) return { kind: 'key_mismatch' }
  const socket = deps.socket(instanceId)
  if (known?.answer && (known.answer.status === 'sent' || !socket)) {
    return { kind: 'answered', response: known.answer, replayed: true }
  }
  if (!socket) return { kind: 'disconnected' }
  const reach = await deps.reach(instanceId, socket, send.jid)
  if (reach.kind === 'unreachable') return { kind: 'not_on_whatsapp' }
  if (reach.kind === 'untold') return reach
  const reached = { ...send, jid: reach.jid }
  // What was on its way before goes out as it was: neither fetched nor uploaded again.
  const before = known && (await ledger.content(instanceId, waMessageId))
  const prepared = before ? wasPrepared(before) : await prepareContent(deps, socket, { ...reached, signal })
  if (prepared.kind !== 'prepared') return prepared
  const { content } = prepared
  if (!known) await ledger.begin({ ...send, requestHash: send.hash, content })
  const { typing = false } = await deps.settings(instanceId)
  if (typing) await showTyping(socket, reached, signal)
  return await relay(deps, socket, { send: reached, content, isNew: !known })
}

async function relay(
  { acks, ledger }: DepartDependencies,
  socket: WASocket,
  { send, content, isNew }: { send: PreparedSend; content: proto.IMessage; isNew: boolean },
): Promise<Departed | SendOutcome> {
  const { instanceId, idempotencyKey, waMessageId, jid } = send
  const awaited = acks.expect(instanceId, waMessageId)
  try {
    await socket.relayMessage(formatJid(jid), content, { messageId: waMessageId })
    return { kind: 'departed', awaited, content, jid, lid: await lidOf(socket, jid) }
  } catch (error) {
    awaited.release()
    if (boomStatus(error) !== CONNECTION_CLOSED) return { kind: 'failed', reason: String(error) }
    // Closed before the stanza was written. Of an earlier try of this key that is not known.
    if (isNew) await ledger.drop(instanceId, idempotencyKey)
    return { kind: 'disconnected' }
  }
}

const wasPrepared = (content: proto.IMessage) => ({ kind: 'prepared', content }) as const

/** The LID of a phone, which Baileys has just learnt. The message is out: nothing may fail any more. */
async function lidOf(socket: WASocket, jid: Jid): Promise<string | undefined> {
  if (jid.kind !== 'phone') return jid.kind === 'lid' ? jid.lid : undefined
  const lid = await socket.signalRepository.lidMapping.getLIDForPN(formatJid(jid)).catch(() => null)
  const parsed = lid ? parseJid(lid) : undefined
  return parsed?.kind === 'lid' ? parsed.lid : undefined
}
