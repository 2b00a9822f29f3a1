import type { BrokerOutboundResponse } from '@carteiro/contracts/broker-send'
import { formatJid, type Jid, parseRecipient } from '@carteiro/contracts/jid'
import type { proto } from '@whiskeysockets/baileys'
import type { Report } from '../../report.ts'
import { type DepartDependencies, type Departed, depart } from './depart.ts'
import { messageId } from './message-id.ts'
import { requestHash } from './request-hash.ts'
import type { PreparedSend, SendOutcome, SendRequest, SentMessage } from './send-outcome.ts'
import { SendQueue } from './send-queue.ts'
import type { Ack } from './wait-for-ack.ts'

export interface SenderDependencies extends DepartDependencies {
  /** An acknowledgement that came after its answer `pending`. */
  settleLate: (instanceId: string, waMessageId: string, ack: Ack) => Promise<void>
  /** A message has left, acknowledged or not yet. Called in order, never awaited. */
  onSent: (send: SentMessage, content: proto.IMessage) => void
  report: Pick<Report, 'sent' | 'ledgerFailed'>
  limits: SendLimits
  ackTimeoutMs?: number
  sendTimeoutMs?: number
}

export interface SendLimits {
  /** Messages of one instance that are prepared and handed over at a time, unless its settings say otherwise. */
  ceiling: number
  /** Messages of one instance that wait for that; more are told to come again. */
  maxWaiting: number
}

const ACK_TIMEOUT_MS = 10_000
const SEND_TIMEOUT_MS = 25_000

/**
 * Sends messages once: a key that is known is answered from the ledger, one in flight is waited for, and
 * whatever is sent again goes under the same WhatsApp id. Messages of one recipient leave in the order of the
 * calls, those of others beside them, up to the instance's ceiling.
 */
export class Sender {
  readonly #deps: SenderDependencies
  readonly #queue: SendQueue
  readonly #inFlight = new Map<string, { hash: Buffer; outcome: Promise<SendOutcome> }>()
  #stopping = false
  /** Nobody waits for files any more. */
  readonly #ending = new AbortController()

  constructor(deps: SenderDependencies) {
    this.#deps = deps
    this.#queue = new SendQueue(deps.limits)
  }

  async send(request: SendRequest): Promise<SendOutcome> {
    const jid = parseRecipient(request.message.to)
    if (!jid) return { kind: 'invalid_to' }
    const timeoutMs = this.#deps.sendTimeoutMs ?? SEND_TIMEOUT_MS
    const hash = requestHash(formatJid(jid), request.message)
    const key = `${request.instanceId} ${request.idempotencyKey}`
    const running = this.#inFlight.get(key)
    if (running) {
      if (!running.hash.equals(hash)) return { kind: 'key_mismatch' }
      return asReplay(await orTimeout(running.outcome, timeoutMs))
    }
    if (this.#stopping) return { kind: 'stopping' }
    const waMessageId = messageId(request.instanceId, request.idempotencyKey)
    const deadline = Date.now() + timeoutMs
    const outcome = this.#sendOnce({ ...request, jid, hash, waMessageId, deadline })
    this.#inFlight.set(key, { hash, outcome })
    const forget = () => void this.#inFlight.delete(key)
    outcome.then(forget, forget)
    return await orTimeout(outcome, timeoutMs)
  }

  /** How many of an instance's messages are on their way out, and how many wait for it. */
  load(instanceId: string): { running: number; waiting: number } {
    return this.#queue.load(instanceId)
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

  async #sendOnce(send: PreparedSend): Promise<SendOutcome> {
    const startedAt = Date.now()
    const { instanceId, jid } = send
    const { ceiling = this.#deps.limits.ceiling } = await this.#deps.settings(instanceId)
    // The next message of this recipient leaves as soon as this one is out, not when it is acknowledged.
    const departure = this.#queue.run({ instanceId, chat: formatJid(jid), ceiling }, () =>
      depart(this.#deps, send, this.#ending.signal),
    )
    const ended: Departed | SendOutcome = departure ? await departure : { kind: 'busy' }
    const outcome = ended.kind === 'departed' ? await this.#conclude(send, ended) : ended
    this.#deps.report.sent(send, outcome, Date.now() - startedAt)
    return outcome
  }

  async #conclude(send: PreparedSend, { awaited, content, jid, lid }: Departed): Promise<SendOutcome> {
    const { instanceId, idempotencyKey, waMessageId } = send
    const { ledger } = this.#deps
    try {
      const ack = await awaited.within(this.#deps.ackTimeoutMs ?? ACK_TIMEOUT_MS)
      if (ack.kind === 'refused') {
        await this.#note(instanceId, () => ledger.drop(instanceId, idempotencyKey))
        return { kind: 'refused', code: ack.code }
      }
      const to = { waMessageId, jid, lid }
      const response = toResponse(to, ack.kind === 'acknowledged' ? 'sent' : 'pending')
      await this.#note(instanceId, () => ledger.settle(instanceId, idempotencyKey, response))
      this.#deps.onSent({ ...send, jid }, content)
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

function toResponse(
  { waMessageId, jid, lid }: { waMessageId: string; jid: Jid; lid: string | undefined },
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
async function orTimeout(outcome: Promise<SendOutcome>, timeoutMs: number): Promise<SendOutcome> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<SendOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'timeout' }), timeoutMs)
  })
  try {
    return await Promise.race([outcome, timeout])
  } finally {
    clearTimeout(timer)
  }
}
