import type { BrokerOutboundMessage, BrokerOutboundResponse } from '@carteiro/contracts/broker-send'
import { formatJid, type Jid, parseJid, parseRecipient } from '@carteiro/contracts/jid'
import type { proto, WASocket } from '@whiskeysockets/baileys'
import { boomStatus } from '../../boom-status.ts'
import { createInOrder } from '../../in-order.ts'
import type { Report } from '../../report.ts'
import { messageId } from './message-id.ts'
import { type PrepareDependencies, prepareContent } from './prepare-content.ts'
import { requestHash } from './request-hash.ts'
import type { SendLedger } from './send-ledger.ts'
import type { SendOutcome } from './send-outcome.ts'
import type { Ack, Acks, AwaitedAck } from './wait-for-ack.ts'

export interface SendRequest {
  instanceId: string
  idempotencyKey: string
  message: BrokerOutboundMessage
}

export interface SenderDependencies extends PrepareDependencies {
  /** The instance's socket; `undefined` while it is not connected. */
  socket: (instanceId: string) => WASocket | undefined
  ledger: SendLedger
  acks: Acks
  /** An acknowledgement that came after its answer `pending`. */
  settleLate: (instanceId: string, waMessageId: string, ack: Ack) => Promise<void>
  /** A message has left, acknowledged or not yet. Called in order, never awaited. */
  onSent: (send: SentMessage, content: proto.IMessage) => void
  report: Pick<Report, 'sent' | 'ledgerFailed'>
  ackTimeoutMs?: number
}

/** A message as it left. */
export interface SentMessage extends SendRequest {
  jid: Jid
  waMessageId: string
}

interface Prepared extends SentMessage {
  hash: Buffer
  deadline: number
}

/** A stanza that is out, its acknowledgement not yet in. */
interface Departed {
  kind: 'departed'
  awaited: AwaitedAck
  content: proto.IMessage
  lid: string | undefined
}

const ACK_TIMEOUT_MS = 10_000
const SEND_TIMEOUT_MS = 25_000
const CONNECTION_CLOSED = 428

/**
 * Sends messages once: a key that is known is answered from the ledger, one in flight is waited for, and
 * whatever is sent again goes under the same WhatsApp id. Messages of one recipient leave in the order of the
 * calls.
 */
export class Sender {
  readonly #deps: SenderDependencies
  readonly #inOrder = createInOrder()
  readonly #inFlight = new Map<string, { hash: Buffer; outcome: Promise<SendOutcome> }>()
  #stopping = false
  /** Nobody waits for files any more. */
  readonly #ending = new AbortController()

  constructor(deps: SenderDependencies) {
    this.#deps = deps
  }

  async send(request: SendRequest): Promise<SendOutcome> {
    const jid = parseRecipient(request.message.to)
    if (!jid) return { kind: 'invalid_to' }
    const hash = requestHash(formatJid(jid), request.message)
    const key = `${request.instanceId} ${request.idempotencyKey}`
    const running = this.#inFlight.get(key)
    if (running) {
      if (!running.hash.equals(hash)) return { kind: 'key_mismatch' }
      return asReplay(await orTimeout(running.outcome))
    }
    if (this.#stopping) return { kind: 'stopping' }
    const waMessageId = messageId(request.instanceId, request.idempotencyKey)
    const deadline = Date.now() + SEND_TIMEOUT_MS
    const outcome = this.#sendOnce({ ...request, jid, hash, waMessageId, deadline })
    this.#inFlight.set(key, { hash, outcome })
    const forget = () => void this.#inFlight.delete(key)
    outcome.then(forget, forget)
    return await orTimeout(outcome)
  }

  /**
   * Takes no new sends and lets those in flight end; who still waits for WhatsApp after `graceMs` hears
   * `pending`, and files are fetched no longer.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    const instances = new Set([...this.#inFlight.keys()].map((key) => key.slice(0, key.indexOf(' '))))
    const timer = setTimeout(() => {
      this.#ending.abort()
      for (const instanceId of instances) this.#deps.acks.forget(instanceId)
    }, graceMs)
    await Promise.allSettled([...this.#inFlight.values()].map(({ outcome }) => outcome))
    clearTimeout(timer)
  }

  async #sendOnce(send: Prepared): Promise<SendOutcome> {
    const startedAt = Date.now()
    // The next message of this recipient leaves as soon as this one is out, not when it is acknowledged.
    const departure = await this.#inOrder.run(`${send.instanceId} ${formatJid(send.jid)}`, () =>
      this.#depart(send),
    )
    const outcome = departure.kind === 'departed' ? await this.#conclude(send, departure) : departure
    this.#deps.report.sent(send, outcome, Date.now() - startedAt)
    return outcome
  }

  async #depart(send: Prepared): Promise<Departed | SendOutcome> {
    if (Date.now() >= send.deadline) return { kind: 'timeout' }
    const { ledger, acks } = this.#deps
    const { instanceId, idempotencyKey, waMessageId } = send
    const known = await ledger.find(instanceId, idempotencyKey)
    if (known && !known.requestHash.equals(send.hash)) return { kind: 'key_mismatch' }
    const socket = this.#deps.socket(instanceId)
    if (known?.answer && (known.answer.status === 'sent' || !socket)) {
      return { kind: 'answered', response: known.answer, replayed: true }
    }
    if (!socket) return { kind: 'disconnected' }
    // What was on its way before goes out as it was: neither fetched nor uploaded again.
    const before = known && (await ledger.content(instanceId, waMessageId))
    const { signal } = this.#ending
    const prepared = before
      ? wasPrepared(before)
      : await prepareContent(this.#deps, socket, { ...send, signal })
    if (prepared.kind !== 'prepared') return prepared
    const { content } = prepared
    if (!known) await ledger.begin({ ...send, requestHash: send.hash, content })
    const awaited = acks.expect(instanceId, waMessageId)
    try {
      await socket.relayMessage(formatJid(send.jid), content, { messageId: waMessageId })
      return { kind: 'departed', awaited, content, lid: await lidOf(socket, send.jid) }
    } catch (error) {
      awaited.release()
      if (boomStatus(error) !== CONNECTION_CLOSED) return { kind: 'failed', reason: String(error) }
      // Closed before the stanza was written. Of an earlier try of this key that is not known.
      if (!known) await ledger.drop(instanceId, idempotencyKey)
      return { kind: 'disconnected' }
    }
  }

  async #conclude(send: Prepared, { awaited, content, lid }: Departed): Promise<SendOutcome> {
    const { instanceId, idempotencyKey, waMessageId } = send
    const { ledger } = this.#deps
    try {
      const ack = await awaited.within(this.#deps.ackTimeoutMs ?? ACK_TIMEOUT_MS)
      if (ack.kind === 'refused') {
        await this.#note(instanceId, () => ledger.drop(instanceId, idempotencyKey))
        return { kind: 'refused', code: ack.code }
      }
      const response = toResponse(send, lid, ack.kind === 'acknowledged' ? 'sent' : 'pending')
      await this.#note(instanceId, () => ledger.settle(instanceId, idempotencyKey, response))
      this.#deps.onSent(send, content)
      if (ack.kind === 'none') {
        // It may have come while `pending` was written down.
        const late = await awaited.within(0)
        await this.#note(instanceId, () => this.#deps.settleLate(instanceId, waMessageId, late))
      }
      return { kind: 'answered', response, replayed: false }
    } finally {
      awaited.release()
    }
  }

  /**
   * The message is out, whatever the database says: a row without its answer only makes a repeated key send
   * again.
   */
  async #note(instanceId: string, write: () => Promise<void>): Promise<void> {
    try {
      await write()
    } catch (error) {
      this.#deps.report.ledgerFailed(instanceId, error)
    }
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

function toResponse(
  { jid, waMessageId }: Prepared,
  lid: string | undefined,
  status: 'sent' | 'pending',
): BrokerOutboundResponse {
  return {
    externalId: waMessageId,
    id: waMessageId,
    status,
    ack: status === 'sent' ? 2 : 1,
    timestamp: new Date().toISOString(),
    to: { jid: formatJid(jid), ...(lid === undefined ? {} : { lid }) },
  }
}

function asReplay(outcome: SendOutcome): SendOutcome {
  return outcome.kind === 'answered' ? { ...outcome, replayed: true } : outcome
}

/** The send itself goes on: its key then waits for it, or finds its answer. */
async function orTimeout(outcome: Promise<SendOutcome>): Promise<SendOutcome> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<SendOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timeout' }), SEND_TIMEOUT_MS)
  })
  try {
    return await Promise.race([outcome, timeout])
  } finally {
    clearTimeout(timer)
  }
}
