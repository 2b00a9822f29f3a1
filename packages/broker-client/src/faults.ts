import type { Fault } from '@carteiro/contracts/delivery'
import type { BrokerReply } from './request.ts'

/** Why a broker did not do what it was asked, and whose fault that is. */
export interface BrokerFailure {
  status: 'failed'
  fault: Fault
  /** The broker's own code where it gave one, else one of ours. */
  code: string
  message: string
  /** Of the answer; `undefined` when there was none. */
  httpStatus?: number | undefined
  /** From the answer's `Retry-After`. */
  retryAfterSeconds?: number | undefined
  response?: unknown
}

/** The broker contracts' codes (section "Codes"), by whose fault they are. */
const FAULT_OF_CODE: Record<string, Fault> = {
  INSTANCE_DISCONNECTED: 'waiting',
  INSTANCE_ELSEWHERE: 'waiting',
  RATE_LIMITED: 'waiting',
  DATABASE_UNAVAILABLE: 'waiting',
  SEND_TIMEOUT: 'unknown',
  INVALID_API_KEY: 'ours',
  INSTANCE_NOT_FOUND: 'ours',
  IDEMPOTENCY_KEY_MISMATCH: 'ours',
}

/**
 * Sorts what went wrong. Not reached: the message waits and no attempt is used. Reached without an answer: it may
 * have been sent. Refused: by the broker's code, else by the status.
 */
export function failureOf(reply: Exclude<BrokerReply, { kind: 'answer'; status: 200 }>): BrokerFailure {
  if (reply.kind === 'no_answer') {
    if (reply.notSent) return failure('waiting', 'BROKER_UNREACHABLE', reply.message)
    return failure('unknown', reply.timedOut ? 'BROKER_TIMEOUT' : 'BROKER_CONNECTION_LOST', reply.message)
  }
  const { code, message } = readError(reply.body)
  const known = code ?? codeOfStatus(reply.status)
  return {
    ...failure(FAULT_OF_CODE[known] ?? faultOfStatus(reply.status), known, message),
    httpStatus: reply.status,
    retryAfterSeconds: reply.retryAfterSeconds,
    response: reply.body,
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

function codeOfStatus(status: number): string {
  if (status === 401 || status === 403) return 'BROKER_AUTH'
  if (status === 429) return 'RATE_LIMITED'
  if (status === 504) return 'BROKER_TIMEOUT'
  return 'UNKNOWN_ERROR'
}

/** Our shape `{error:{code,message}}`, or the flat `{error:"text"}` of brokers in the field. */
function readError(body: unknown): { code: string | undefined; message: string } {
  const error = isObject(body) ? body.error : undefined
  if (typeof error === 'string') return { code: undefined, message: error }
  if (!isObject(error)) return { code: undefined, message: 'The broker gave no reason.' }
  return {
    code: typeof error.code === 'string' ? error.code : undefined,
    message: typeof error.message === 'string' ? error.message : 'The broker gave no reason.',
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
