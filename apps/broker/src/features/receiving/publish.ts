import type { Database } from '@carteiro/database/connect'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import type { Report } from '../../report.ts'
import { judgeAnswer, type Verdict } from './judge-answer.ts'
import { type Lane, Lanes } from './lanes.ts'
import type { Webhook } from './post-events.ts'
import { nextRows, settleRows, type WaitingChat, type WaitingRow, waitingChats } from './waiting-rows.ts'

export interface PublisherDependencies {
  db: Database
  brokerId: string
  webhook: Webhook
  /** Where events go whose instance names no webhook of its own. */
  defaultUrl: string
  report: Pick<Report, 'published' | 'publishDelayed'>
}

/** Chats that are published at the same time. */
export const MAX_CONCURRENT_CHATS = 16
const MAX_BATCH = 50
/** Well below the 8 MiB that a webhook takes. */
const MAX_BATCH_CHARACTERS = 1024 * 1024
const SWEEP_PAGE = 1_000

/**
 * Brings the journal's events to the API: in order per chat, several chats at once, for as long as it takes.
 * An insert wakes it by `wake`; `sweep` finds what was left by an earlier process, or by a chat there was no
 * room for.
 */
export class Publisher {
  readonly #deps: PublisherDependencies
  readonly #lanes = new Lanes(MAX_CONCURRENT_CHATS)
  readonly #giveUp = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #onIdle: (() => void) | undefined

  constructor(deps: PublisherDependencies) {
    this.#deps = deps
  }

  wake(chat: WaitingChat): void {
    this.#lanes.wake(chat)
    this.#pump()
  }

  /** Looks into the journal for chats that wait, page by page, as far as there is room for them. */
  async sweep(): Promise<void> {
    const { db, brokerId } = this.#deps
    let after: WaitingChat | undefined
    for (;;) {
      const chats = await waitingChats(db, { brokerId, after, limit: SWEEP_PAGE })
      const taken = chats.every((chat) => this.#lanes.wake(chat))
      this.#pump()
      after = chats.at(-1)
      if (!taken || chats.length < SWEEP_PAGE) return
    }
  }

  /**
   * Starts nothing new and lets what is on its way end; after `graceMs` that is given up and stays waiting.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const timer = setTimeout(() => this.#giveUp.abort(), graceMs)
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
      if (this.#lanes.running === 0) resolve()
    })
    clearTimeout(timer)
  }

  #pump(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    const now = Date.now()
    const { lanes, nextAt } = this.#lanes.take(now)
    for (const lane of lanes) void this.#run(lane)
    if (nextAt !== undefined) this.#timer = setTimeout(() => this.#pump(), nextAt - now)
  }

  async #run(lane: Lane): Promise<void> {
    try {
      await this.#publishNext(lane)
    } catch (error) {
      const reason = isDatabaseUnavailable(error) ? 'database_unavailable' : 'internal_error'
      this.#delay(lane, 'chat', reason, { error })
    }
    if (this.#lanes.running === 0) this.#onIdle?.()
    this.#pump()
  }

  async #publishNext(lane: Lane): Promise<void> {
    const { db, defaultUrl, webhook } = this.#deps
    const { webhookUrl, rows } = await nextRows(db, lane, lane.singles > 0 ? 1 : MAX_BATCH)
    if (rows.length === 0) return this.#lanes.finish(lane, 'empty')
    const url = webhookUrl ?? defaultUrl
    if (!this.#lanes.aim(lane, url, Date.now())) return
    const { batch, body } = toBatch(rows)
    const result = await webhook.post(url, body, this.#giveUp.signal)
    const verdict: Verdict =
      result.kind === 'answered'
        ? judgeAnswer(result.answer, batch.length, Date.now())
        : { kind: 'again', scope: 'target', reason: result.reason }
    await this.#apply(lane, batch, verdict, result.requestId)
  }

  async #apply(lane: Lane, batch: WaitingRow[], verdict: Verdict, requestId: string): Promise<void> {
    switch (verdict.kind) {
      case 'settled':
        await settleRows(this.#deps.db, lane.instanceId, batch, verdict.rows)
        lane.singles = Math.max(0, lane.singles - batch.length)
        this.#deps.report.published(lane.instanceId, verdict.rows, requestId)
        return this.#lanes.finish(lane, 'settled')
      case 'singly':
        lane.singles = batch.length
        return this.#lanes.finish(lane, 'settled')
      case 'again':
        return this.#delay(lane, verdict.scope, verdict.reason, { requestId }, verdict.afterMs)
      default:
        verdict satisfies never
    }
  }

  #delay(
    lane: Lane,
    scope: 'target' | 'chat',
    reason: string,
    facts: { requestId?: string; error?: unknown },
    atLeastMs?: number,
  ): void {
    const waitMs = this.#lanes.fail(lane, scope, Date.now(), atLeastMs)
    this.#deps.report.publishDelayed(lane.instanceId, reason, { ...facts, waitMs })
  }
}

/** As many rows as fit into one request, the first in any case. */
function toBatch(rows: WaitingRow[]): { batch: WaitingRow[]; body: string } {
  const texts: string[] = []
  let characters = 0
  for (const { event } of rows) {
    const text = JSON.stringify(event)
    characters += text.length
    if (texts.length > 0 && characters > MAX_BATCH_CHARACTERS) break
    texts.push(text)
  }
  return { batch: rows.slice(0, texts.length), body: `[${texts.join(',')}]` }
}
