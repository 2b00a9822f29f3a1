import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiAnswer, ApiClient } from '../../stack/api-client.ts'
import { untilAnswered } from '../parts/until-answered.ts'
import type { PlannedMessage } from './plan-messages.ts'

/** A call of the client: it took effect somewhere in between. Milliseconds since 1970. */
export interface Span {
  from: number
  to: number
}

/** A message that the API accepted, and what else it said of it. */
export interface AcceptedMessage extends PlannedMessage {
  id: string
  accepted: Span
  scheduledAt: number | undefined
  /** The API said that it is CANCELLED. */
  cancelled: boolean
  retried: Span | undefined
}

export interface Written {
  accepted: AcceptedMessage[]
  /** Texts that came too late for their own time: the API must not know them. */
  refused: string[]
  /** Answers that no client may get, in a sentence each. */
  wrong: string[]
}

export interface WriterNeeds {
  api: ApiClient
  /** The share of the kills that were made, 0 to 1. */
  progress: () => number
  /** Ends the run. */
  signal: AbortSignal
}

const MESSAGES = '/api/v1/outbound/messages'
const LOOK_MS = 100

/** One writer for each recipient, so that the order of acceptance is known. */
export async function writeMessages(needs: WriterNeeds, plan: PlannedMessage[][]): Promise<Written> {
  const written: Written = { accepted: [], refused: [], wrong: [] }
  await Promise.all(plan.map((messages) => writeTo(needs, messages, written)))
  return written
}

async function writeTo(needs: WriterNeeds, messages: PlannedMessage[], written: Written): Promise<void> {
  const followed: Promise<void>[] = []
  for (const planned of messages) {
    while (needs.progress() < planned.dueAt) await sleep(LOOK_MS, undefined, { signal: needs.signal })
    const message = await writeUntilAccepted(needs, planned, written)
    written.accepted.push(message)
    if (planned.role.startsWith('cancelled')) followed.push(cancel(needs, message, written))
    if (planned.role === 'expiring, retried') followed.push(retryOnceFailed(needs, message))
  }
  await Promise.all(followed)
}

/** What came too late for its own time is written anew, with another time and key. */
async function writeUntilAccepted(
  needs: WriterNeeds,
  planned: PlannedMessage,
  written: Written,
): Promise<AcceptedMessage> {
  for (let tries = 1; ; tries++) {
    const text = tries === 1 ? planned.text : `${planned.text}, try ${tries}`
    const message = await write(needs, { ...planned, text }, written)
    if (message) return message
  }
}

async function write(
  { api, signal }: WriterNeeds,
  planned: PlannedMessage,
  written: Written,
): Promise<AcceptedMessage | undefined> {
  const from = Date.now()
  const ahead = new Date(from + planned.aheadMs).toISOString()
  const isScheduled = planned.role === 'scheduled' || planned.role === 'cancelled ahead'
  const body = {
    to: `+${planned.phone}`,
    text: planned.text,
    idempotencyKey: planned.text,
    ...(isScheduled ? { scheduledAt: ahead } : {}),
    ...(planned.role.startsWith('expiring') ? { expiresAt: ahead } : {}),
  }
  const post = () => untilAnswered(() => api.post(MESSAGES, body), undefined, signal)
  const [answer, second] = await Promise.all([post(), planned.doubted ? post() : undefined])
  const to = Date.now()
  if (answer.status >= 300) {
    if (to < Date.parse(ahead)) written.wrong.push(`${planned.text} got ${describe(answer)}`)
    written.refused.push(planned.text)
    return undefined
  }
  if (second && second.body?.id !== answer.body.id) {
    written.wrong.push(`${planned.text} is ${answer.body.id}, and repeated it got ${describe(second)}`)
  }
  const scheduledAt = isScheduled ? Date.parse(ahead) : undefined
  const { id } = answer.body
  return { ...planned, id, accepted: { from, to }, scheduledAt, cancelled: false, retried: undefined }
}

/** 409 says what it is already: also that an earlier try, whose answer was lost, has cancelled it. */
async function cancel(
  { api, signal }: WriterNeeds,
  message: AcceptedMessage,
  written: Written,
): Promise<void> {
  const post = () => api.post(`${MESSAGES}/${message.id}/cancel`)
  const answer = await untilAnswered(post, undefined, signal)
  message.cancelled = statusOf(answer) === 'CANCELLED'
  if (answer.status !== 200 && answer.status !== 409) {
    written.wrong.push(`${message.text}, cancelled, got ${describe(answer)}`)
  }
}

async function retryOnceFailed(needs: WriterNeeds, message: AcceptedMessage): Promise<void> {
  const { api, signal } = needs
  for (;;) {
    const answer = await untilAnswered(() => api.get(`${MESSAGES}/${message.id}`), undefined, signal)
    if (statusOf(answer) === 'FAILED') return retry(needs, message)
    if (!['QUEUED', 'SENDING'].includes(statusOf(answer))) return
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** Gives a message that failed another round. 409: an earlier try, whose answer was lost, has done so. */
export async function retry(
  { api, signal }: Pick<WriterNeeds, 'api' | 'signal'>,
  message: Pick<AcceptedMessage, 'id' | 'retried'>,
): Promise<void> {
  const from = Date.now()
  const answer = await untilAnswered(() => api.post(`${MESSAGES}/${message.id}/retry`), undefined, signal)
  message.retried = { from: message.retried?.from ?? from, to: Date.now() }
  if (answer.status !== 200 && answer.status !== 409) {
    throw new Error(`${message.id}, retried, got ${describe(answer)}`)
  }
}

const statusOf = ({ body }: ApiAnswer): string => body?.status ?? body?.error?.details?.status ?? ''

const describe = ({ status, body }: ApiAnswer): string => `${status} ${JSON.stringify(body)}`
