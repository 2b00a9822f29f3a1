import { formatJid, type Jid, parseJid } from '@carteiro/contracts/jid'
import type { proto, WASocket } from '@whiskeysockets/baileys'
import { boomStatus } from '../../boom-status.ts'
import type { FindReach } from '../../reach.ts'
import { sendBesideOthers } from '../../send-beside-others.ts'
import { type PrepareDependencies, prepareContent } from './prepare-content.ts'
import type { LedgerEntry, SendLedger } from './send-ledger.ts'
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

/** A message as it may leave, and where it goes. */
interface Made {
  kind: 'made'
  send: PreparedSend
  content: proto.IMessage
}

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
  const { instanceId, idempotencyKey, message, hash: requestHash } = send
  const socket = deps.socket(instanceId)
  // What needs no file is made before it is known whether the key is: so the ledger is asked and written at once.
  const early = socket && !('media' in message) ? await make(deps, socket, send, signal) : undefined
  const known =
    early?.kind === 'made'
      ? await ledger.begin({ ...send, requestHash, content: early.content })
      : await ledger.find(instanceId, idempotencyKey)
  if (known) return await goOn(deps, socket, { send, known, signal })
  if (!socket) return { kind: 'disconnected' }
  const made = early ?? (await make(deps, socket, send, signal))
  if (made.kind !== 'made') return made
  if (!early) {
    const begun = await ledger.begin({ ...send, requestHash, content: made.content })
    if (begun) return await goOn(deps, socket, { send, known: begun, signal })
  }
  return await leave(deps, socket, { made, isNew: true, signal })
}

/** What the ledger knows of is answered by it, or goes out as it was: neither fetched nor uploaded again. */
async function goOn(
  deps: DepartDependencies,
  socket: WASocket | undefined,
  { send, known, signal }: { send: PreparedSend; known: LedgerEntry; signal: AbortSignal },
): Promise<Departed | SendOutcome> {
  if (!known.requestHash.equals(send.hash)) return { kind: 'key_mismatch' }
  if (known.answer && (known.answer.status === 'sent' || !socket)) {
    return { kind: 'answered', response: known.answer, replayed: true }
  }
  if (!socket) return { kind: 'disconnected' }
  const before = await deps.ledger.content(send.instanceId, send.waMessageId)
  const made = await make(deps, socket, send, signal, before)
  return made.kind === 'made' ? await leave(deps, socket, { made, isNew: false, signal }) : made
}

/** @param before what was made of it already */
async function make(
  deps: DepartDependencies,
  socket: WASocket,
  send: PreparedSend,
  signal: AbortSignal,
  before?: proto.IMessage,
): Promise<Made | SendOutcome> {
  const reach = await deps.reach(send.instanceId, socket, send.jid)
  if (reach.kind === 'unreachable') return { kind: 'not_on_whatsapp' }
  if (reach.kind === 'untold') return reach
  const reached = { ...send, jid: reach.jid }
  if (before) return { kind: 'made', send: reached, content: before }
  const prepared = await prepareContent(deps, socket, { ...reached, signal })
  return prepared.kind === 'prepared' ? { kind: 'made', send: reached, content: prepared.content } : prepared
}

async function leave(
  deps: DepartDependencies,
  socket: WASocket,
  { made, isNew, signal }: { made: Made; isNew: boolean; signal: AbortSignal },
): Promise<Departed | SendOutcome> {
  const { send, content } = made
  const { typing = false } = await deps.settings(send.instanceId)
  if (typing) await showTyping(socket, send, signal)
  return await relay(deps, socket, { send, content, isNew })
}

async function relay(
  { acks, ledger }: DepartDependencies,
  socket: WASocket,
  { send, content, isNew }: { send: PreparedSend; content: proto.IMessage; isNew: boolean },
): Promise<Departed | SendOutcome> {
  const { instanceId, idempotencyKey, waMessageId, jid } = send
  const awaited = acks.expect(instanceId, waMessageId)
  try {
    const to = formatJid(jid)
    const leave = () => socket.relayMessage(to, content, { messageId: waMessageId })
    await (jid.kind === 'group' ? leave() : sendBesideOthers(socket, to, leave))
    return { kind: 'departed', awaited, content, jid, lid: await lidOf(socket, jid) }
  } catch (error) {
    awaited.release()
    if (boomStatus(error) !== CONNECTION_CLOSED) return { kind: 'failed', reason: String(error) }
    // Closed before the stanza was written. Of an earlier try of this key that is not known.
    if (isNew) await ledger.drop(instanceId, idempotencyKey)
    return { kind: 'disconnected' }
  }
}

/** The LID of a phone, which Baileys has just learnt. The message is out: nothing may fail any more. */
async function lidOf(socket: WASocket, jid: Jid): Promise<string | undefined> {
  if (jid.kind !== 'phone') return jid.kind === 'lid' ? jid.lid : undefined
  const lid = await socket.signalRepository.lidMapping.getLIDForPN(formatJid(jid)).catch(() => null)
  const parsed = lid ? parseJid(lid) : undefined
  return parsed?.kind === 'lid' ? parsed.lid : undefined
}
