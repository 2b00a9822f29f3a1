/** What the webhook answered. */
export interface WebhookAnswer {
  status: number
  /** The body as JSON, or `null` when it was none. */
  body: unknown
  retryAfter: string | undefined
}

/** One event's end: taken, or refused for good. `undefined` leaves it waiting. */
export type RowVerdict = { state: 'published' | 'refused'; answer: unknown } | undefined

export type Verdict =
  | { kind: 'settled'; rows: RowVerdict[] }
  /** The batch was refused whole: one of its events may be the cause, so each is tried alone. */
  | { kind: 'singly' }
  /** Later, for ever. `target`: the webhook does not work. `chat`: it may be only these events. */
  | { kind: 'again'; scope: 'target' | 'chat'; reason: string; afterMs?: number }

const MAX_RETRY_AFTER_MS = 5 * 60_000

/**
 * Reads the webhook's answer to a batch of `count` events of one chat: 2xx takes them (but for `rejected`),
 * 400, 413 and 422 refuse them for good, everything else asks for another try. Pure.
 *
 * @param nowMs epoch milliseconds, for a `Retry-After` that is a date
 */
export function judgeAnswer(answer: WebhookAnswer, count: number, nowMs: number): Verdict {
  const { status, body } = answer
  if (status >= 200 && status < 300)
    return settle(count, refusals(member(body, 'rejected')), 'published', answer)
  if (status === 422) {
    const refused = refusals(member(member(body, 'error'), 'details'))
    if (refused.size > 0) return settle(count, refused, undefined, answer)
  }
  if (status === 400 || status === 413 || status === 422) {
    return count > 1 ? { kind: 'singly' } : settle(count, new Map([[0, null]]), undefined, answer)
  }
  const afterMs = readRetryAfter(answer.retryAfter, nowMs)
  return {
    kind: 'again',
    scope: status === 500 ? 'chat' : 'target',
    reason: `http_${status}`,
    ...(afterMs === undefined ? {} : { afterMs }),
  }
}

function settle(
  count: number,
  refused: Map<number, unknown>,
  others: 'published' | undefined,
  { status, body }: WebhookAnswer,
): Verdict {
  const rows = Array.from({ length: count }, (_, index): RowVerdict => {
    if (refused.has(index))
      return { state: 'refused', answer: { status, reason: refused.get(index) ?? body } }
    return others && { state: others, answer: { status } }
  })
  return { kind: 'settled', rows }
}

/** `[{index, reason}]`, as `rejected` and `details` carry it. */
function refusals(list: unknown): Map<number, unknown> {
  const found = new Map<number, unknown>()
  if (!Array.isArray(list)) return found
  for (const entry of list) {
    const index = member(entry, 'index')
    if (typeof index === 'number') found.set(index, member(entry, 'reason') ?? null)
  }
  return found
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** Seconds or an HTTP date; at most five minutes are honoured. */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}
