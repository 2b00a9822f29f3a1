import type { Fault } from '@carteiro/contracts/delivery'
import { cut } from '@carteiro/contracts/storable-text'
import { type CanonicalCode, canonicalCode, codeOfStatus } from './canonical-code.ts'
import type { BrokerReply } from './request.ts'
import { firstText, isFields, unwrapAnswer } from './unwrap-answer.ts'

/** Why a broker did not do what it was asked, and whose fault that is. */
export interface BrokerFailure {
  status: 'failed'
  fault: Fault
  /** One of the canonical codes where one says it, else the broker's own, else UNKNOWN_ERROR. */
  code: string
  message: string
  /** As the broker wrote it. */
  brokerCode?: string | undefined
  /** Of the answer; `undefined` when there was none. */
  httpStatus?: number | undefined
  /** From the answer's `Retry-After`. */
  retryAfterSeconds?: number | undefined
  /** Facts of our own broker's error. */
  details?: unknown
  response?: unknown
}

const FAULT_OF_CANONICAL: Partial<Record<CanonicalCode, Fault>> = {
  RATE_LIMITED: 'waiting',
  INSTANCE_NOT_CONNECTED: 'waiting',
  BROKER_TIMEOUT: 'unknown',
  INVALID_TO: 'message',
  UNSUPPORTED_OPERATION: 'message',
  TRANSPORT_NOT_CONFIGURED: 'ours',
  BROKER_AUTH: 'ours',
}

/** Codes of our own broker that no canonical one says as well. */
const FAULT_OF_OWN: Record<string, Fault> = {
  INSTANCE_ELSEWHERE: 'waiting',
  DATABASE_UNAVAILABLE: 'waiting',
  INSTANCE_NOT_FOUND: 'ours',
  IDEMPOTENCY_KEY_MISMATCH: 'ours',
}

/** An answer that says no, by its status or in its body. */
export type Refusal = Omit<Extract<BrokerReply, { kind: 'answer' }>, 'kind'>

/**
 * Sorts what went wrong. Not reached: the message waits and no attempt is used. Reached without an answer: it may
 * have been sent. Refused: by the broker's code, else by the status.
 */
export function failureOf(reply: BrokerReply): BrokerFailure {
  if (reply.kind === 'answer') return refusalOf(reply)
  if (reply.notSent) return failure('waiting', 'BROKER_UNREACHABLE', reply.message)
  return failure('unknown', reply.timedOut ? 'BROKER_TIMEOUT' : 'BROKER_CONNECTION_LOST', reply.message)
}

function refusalOf({ status, body, retryAfterSeconds }: Refusal): BrokerFailure {
  const { code: brokerCode, message, details } = readError(body)
  const canonical = canonicalCode(brokerCode) ?? (brokerCode === undefined ? codeOfStatus(status) : undefined)
  const code = canonical ?? brokerCode ?? 'UNKNOWN_ERROR'
  const fault = (canonical && FAULT_OF_CANONICAL[canonical]) ?? FAULT_OF_OWN[code] ?? faultOfStatus(status)
  return {
    ...failure(fault, code, message),
    brokerCode,
    httpStatus: status,
    retryAfterSeconds,
    details,
    response: body,
  }
}

const failure = (fault: Fault, code: string, message: string): BrokerFailure => ({
  status: 'failed',
  fault,
  code,
  message,
})

function faultOfStatus(status: number): Fault {
  if (status === 401 || status === 403 || status === 404) return 'ours'
  if (status === 408 || status === 504) return 'unknown'
  if (status === 429 || status === 503) return 'waiting'
  return status >= 500 ? 'channel' : 'message'
}

const MAX_MESSAGE_LENGTH = 1_000

/** Our shape `{error:{code,message}}`, or the flat `{error:"text"}`, `{code,message}` of brokers in the field. */
function readError(body: unknown): { code: string | undefined; message: string; details: unknown } {
  const answers = unwrapAnswer(body)
  const errors = answers.flatMap(({ error }) => (isFields(error) ? [error] : []))
  const texts = answers.map(({ error }) => (typeof error === 'string' ? error : undefined))
  const code = firstText(...[...errors, ...answers].flatMap(({ code, errorCode }) => [code, errorCode]))
  const message = firstText(
    ...errors.map((error) => error.message),
    ...answers.map(({ message }) => (Array.isArray(message) ? message[0] : message)),
    ...texts,
    typeof body === 'string' ? body : undefined,
  )
  // A code that stands in the place of the text: {error: "INSTANCE_DISCONNECTED"}.
  const inText = texts.find((text) => text !== undefined && /^[A-Z][A-Z0-9_]{2,}$/.test(text))
  return {
    code: (code ?? inText)?.slice(0, 100),
    message: cut(message ?? 'The broker gave no reason.', MAX_MESSAGE_LENGTH),
    details: errors.find((error) => error.details !== undefined)?.details,
  }
}
