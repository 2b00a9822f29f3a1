import { type BrokerWebhookEvent, BrokerWebhookInboundSchema } from '@carteiro/contracts/broker-event'

export interface RejectedEvent {
  index: number
  reason: 'invalid_contract' | 'missing_id' | 'unknown_instance' | 'tenant_mismatch'
  instanceId?: string
  details?: { path: string; message: string }[]
}

export interface ParsedWebhook {
  events: { index: number; event: BrokerWebhookEvent }[]
  /** Kinds that we do not take: nothing is wrong with them. */
  ignored: { index: number; type: string }[]
  rejected: RejectedEvent[]
}

const TAKEN: readonly string[] = ['MESSAGE_INBOUND', 'INSTANCE_CONNECTION']

/**
 * Reads a webhook's body: one event, an array, or `{events: [...]}`. Each event is judged alone; a bad one never
 * fails its neighbours. Pure.
 *
 * @returns `undefined` when the body is not JSON
 */
export function parseWebhook(rawBody: Buffer): ParsedWebhook | undefined {
  const body = parseJson(rawBody)
  if (body === undefined) return undefined
  const parsed: ParsedWebhook = { events: [], ignored: [], rejected: [] }
  for (const [index, candidate] of eventsOf(body).entries()) judge(candidate, index, parsed)
  return parsed
}

function judge(candidate: unknown, index: number, parsed: ParsedWebhook): void {
  if (!isObject(candidate)) {
    parsed.rejected.push({ index, reason: 'invalid_contract' })
    return
  }
  const type = typeOf(candidate)
  if (!TAKEN.includes(type)) {
    parsed.ignored.push({ index, type })
    return
  }
  const result = BrokerWebhookInboundSchema.safeParse({ ...candidate, type })
  if (result.success) {
    parsed.events.push({ index, event: result.data })
    return
  }
  const details = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const reason = details.some(({ path }) => path === 'id') ? 'missing_id' : 'invalid_contract'
  parsed.rejected.push({ index, reason, details })
}

/** `type` or `event`, in upper case, other characters as `_`. */
function typeOf(candidate: Record<string, unknown>): string {
  const name = candidate.type ?? candidate.event
  return typeof name === 'string' ? name.toUpperCase().replace(/[^A-Z0-9]+/g, '_') : ''
}

function eventsOf(body: unknown): unknown[] {
  if (Array.isArray(body)) return body
  if (isObject(body) && Array.isArray(body.events)) return body.events
  return [body]
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseJson(rawBody: Buffer): unknown {
  try {
    const text = rawBody.toString('utf8')
    return UNSTORABLE.test(text) ? JSON.parse(text, withoutUnstorable) : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** NUL and halves of surrogate pairs, which JSON can spell and PostgreSQL cannot keep. */
const UNSTORABLE = /\\u(0000|d[89a-f])/i

/** One such character would fail the commit of a whole group, for as long as its sender repeats it. */
function withoutUnstorable(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storable(key), member]))
}

const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()
