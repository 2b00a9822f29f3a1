import { backoffMs } from '@carteiro/runtime/backoff'
import type { GatewayClient } from './gateway-client.ts'
import type { PulledFailure, PulledMessage, PulledMessages } from './pulled-messages.ts'
import type { PullReport } from './report.ts'
import type { GatewayVariables } from './settings.ts'

/** How a send ended: WhatsApp has it under this id, or not. */
export type PulledOutcome = { kind: 'sent'; externalId: string } | ({ kind: 'failed' } & PulledFailure)

/** Sends one message under its key; never throws for what WhatsApp may do. */
export type PulledSend = (message: PulledMessage) => Promise<PulledOutcome>

export interface CourierOptions {
  client: GatewayClient
  messages: PulledMessages
  report: PullReport
  send: PulledSend
  config: Pick<
    GatewayVariables,
    'DISPATCH_CONCURRENCY' | 'MAX_RETRY_ATTEMPTS' | 'INITIAL_RETRY_DELAY_MS' | 'MAX_RETRY_DELAY_MS'
  >
  /** A message is over: the gateway may be told. */
  onOver: () => void
}

const UNKNOWN: PulledFailure = {
  code: 'UNKNOWN_ERROR',
  message: 'The send failed unexpectedly.',
  retriable: true,
}

/**
 * Takes messages to WhatsApp, DISPATCH_CONCURRENCY at a time, each recipient's in order: acknowledged to the gateway
 * first, so that no other adapter gets it, then tried up to MAX_RETRY_ATTEMPTS times.
 */
export class Courier {
  readonly #options: CourierOptions
  readonly #underWay = new Map<string, Promise<void>>()
  #looking: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** There may be something to do. */
  wake(): void {
    this.#again = true
    if (this.#looking || this.#stopped) return
    this.#looking = this.#look()
      .catch((error) => this.#options.report.roundFailed('look for messages', error))
      .finally(() => {
        this.#looking = undefined
      })
  }

  /** Starts nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#looking
    await Promise.all(this.#underWay.values())
  }

  async #look(): Promise<void> {
    const { messages, config } = this.#options
    while (this.#again && !this.#stopped) {
      this.#again = false
      const room = config.DISPATCH_CONCURRENCY - this.#underWay.size
      if (room <= 0) return
      for (const message of await messages.next([...this.#underWay.keys()], room)) this.#start(message)
    }
  }

  #start(message: PulledMessage): void {
    const { report } = this.#options
    const done = this.#carry(message)
      .catch((error) => report.roundFailed('carry a message', error))
      .finally(() => {
        this.#underWay.delete(message.idempotencyKey)
        this.wake()
      })
    this.#underWay.set(message.idempotencyKey, done)
  }

  async #carry(message: PulledMessage): Promise<void> {
    const { messages, report, send, config, onOver } = this.#options
    if (!message.isAcked && !(await this.#acknowledge(message))) return
    const { idempotencyKey } = message
    const attempt = message.attempts + 1
    await messages.sending(idempotencyKey)
    report.sending(message, attempt)
    const outcome = await send(message).catch(() => ({ kind: 'failed' as const, ...UNKNOWN }))
    if (outcome.kind === 'sent') {
      await messages.sent(idempotencyKey, outcome.externalId)
      report.sent(message, outcome.externalId)
      return onOver()
    }
    const willTry = outcome.retriable && attempt < config.MAX_RETRY_ATTEMPTS
    report.failed(message, outcome, willTry)
    if (willTry) return messages.retryIn(idempotencyKey, this.#waitMs(attempt))
    await messages.failed(idempotencyKey, outcome)
    onOver()
  }

  /** @returns whether the message is ours */
  async #acknowledge({ idempotencyKey, messageId }: PulledMessage): Promise<boolean> {
    const { client, messages, report } = this.#options
    const answer = await client.ack(messageId)
    switch (answer.kind) {
      case 'done':
        await messages.acked(idempotencyKey)
        return true
      case 'refused':
        report.reportRefused(messageId, answer.message)
        await messages.dropPending(idempotencyKey)
        // One that is under way is the gateway's to offer again.
        await messages.waits(idempotencyKey, this.#waitMs(1))
        return false
      case 'later':
        report.reportWaits(messageId, answer.message)
        await messages.waits(idempotencyKey, this.#waitMs(1))
        return false
      default:
        return answer satisfies never
    }
  }

  #waitMs(attempt: number): number {
    const { INITIAL_RETRY_DELAY_MS: firstMs, MAX_RETRY_DELAY_MS: maxMs } = this.#options.config
    return backoffMs(attempt, { firstMs, maxMs })
  }
}
