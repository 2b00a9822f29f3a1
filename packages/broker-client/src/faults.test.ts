import type { Fault } from '@carteiro/contracts/delivery'
import t from 'tap'
import { failureOf } from './faults.ts'

/** An answer that says no by its status alone, or by a code that decides whatever the status. */
const answered = (status: number, code?: string) =>
  failureOf({
    kind: 'answer',
    status,
    body: code === undefined ? undefined : { error: { code, message: 'why' } },
    retryAfterSeconds: undefined,
  })

const BY_STATUS: [fault: Fault, statuses: number[]][] = [
  ['message', [400, 405, 406, 409, 410, 413, 415, 421, 422, 423, 451]],
  ['ours', [401, 403, 404]],
  ['unknown', [408, 504]],
  ['waiting', [429, 503]],
  ['channel', [500, 502, 505, 520, 599]],
]

t.test('where a refusal has no code, its status says whose fault it is', async (t) => {
  for (const [fault, statuses] of BY_STATUS) {
    for (const status of statuses) t.equal(answered(status).fault, fault, String(status))
  }
  t.match(answered(501), { fault: 'message', code: 'UNSUPPORTED_OPERATION' })
})

const BY_CODE: [code: string, fault: Fault, written: string[]][] = [
  ['RATE_LIMITED', 'waiting', ['RATE_LIMITED', 'TOO_MANY_REQUESTS', 'RATE_LIMIT', 'RATE_LIMIT_EXCEEDED']],
  ['RATE_LIMITED', 'waiting', ['RATE_OVERLIMIT', 'rate-overlimit']],
  ['BROKER_TIMEOUT', 'unknown', ['BROKER_TIMEOUT', 'SEND_TIMEOUT', 'TIMEOUT', 'TIMED_OUT', 'timed out']],
  ['BROKER_TIMEOUT', 'unknown', ['REQUEST_TIMEOUT', 'GATEWAY_TIMEOUT']],
  ['INSTANCE_NOT_CONNECTED', 'waiting', ['INSTANCE_NOT_CONNECTED', 'INSTANCE_DISCONNECTED', 'NOT_CONNECTED']],
  ['INSTANCE_NOT_CONNECTED', 'waiting', ['DISCONNECTED', 'SESSION_DISCONNECTED', 'SESSION_NOT_CONNECTED']],
  ['INSTANCE_NOT_CONNECTED', 'waiting', ['SESSION_CLOSED', 'CONNECTION_CLOSED', 'connection closed']],
  ['INVALID_TO', 'message', ['INVALID_TO', 'INVALID_RECIPIENT', 'INVALID_PHONE', 'INVALID_NUMBER']],
  ['INVALID_TO', 'message', ['INVALID_JID', 'invalid-jid']],
  ['UNSUPPORTED_OPERATION', 'message', ['UNSUPPORTED_OPERATION', 'UNSUPPORTED_TYPE', 'UNSUPPORTED']],
  ['UNSUPPORTED_OPERATION', 'message', ['NOT_SUPPORTED', 'NOT_IMPLEMENTED']],
  ['TRANSPORT_NOT_CONFIGURED', 'ours', ['TRANSPORT_NOT_CONFIGURED', 'WHATSAPP_NOT_CONFIGURED']],
  ['TRANSPORT_NOT_CONFIGURED', 'ours', ['NOT_CONFIGURED', 'BROKER_NOT_CONFIGURED']],
  ['BROKER_AUTH', 'ours', ['BROKER_AUTH', 'INVALID_API_KEY', 'UNAUTHORIZED', 'FORBIDDEN']],
  ['BROKER_AUTH', 'ours', ['INSUFFICIENT_SCOPE']],
  ['INSTANCE_ELSEWHERE', 'waiting', ['INSTANCE_ELSEWHERE']],
  ['DATABASE_UNAVAILABLE', 'waiting', ['DATABASE_UNAVAILABLE']],
  ['INSTANCE_NOT_FOUND', 'ours', ['INSTANCE_NOT_FOUND']],
  ['IDEMPOTENCY_KEY_MISMATCH', 'ours', ['IDEMPOTENCY_KEY_MISMATCH']],
]

t.test('a code that is known decides, whatever its spelling and whatever status it comes with', async (t) => {
  for (const [code, fault, written] of BY_CODE) {
    for (const one of written) {
      for (const status of [200, 400, 409, 429, 500, 503]) {
        t.match(answered(status, one), { code, fault, brokerCode: one }, `${one} with ${status}`)
      }
    }
  }
})

t.test('a code that is not known, or says nothing, is kept, and the status decides', async (t) => {
  for (const [fault, statuses] of BY_STATUS) {
    for (const status of statuses) {
      t.match(answered(status, 'BOILER_ON_FIRE'), { code: 'BOILER_ON_FIRE', fault }, String(status))
      t.match(answered(status, 'UNKNOWN'), { code: 'UNKNOWN_ERROR', fault }, String(status))
    }
  }
})

t.test('a restricted account is the fault of the message: it is never repeated', async (t) => {
  t.match(answered(423, 'ACCOUNT_RESTRICTED'), { code: 'ACCOUNT_RESTRICTED', fault: 'message' })
})

t.test(
  'without an answer it waits where nothing left, and is unknown where something may have',
  async (t) => {
    const table: [notSent: boolean, timedOut: boolean, fault: Fault, code: string][] = [
      [true, false, 'waiting', 'BROKER_UNREACHABLE'],
      [true, true, 'waiting', 'BROKER_UNREACHABLE'],
      [false, true, 'unknown', 'BROKER_TIMEOUT'],
      [false, false, 'unknown', 'BROKER_CONNECTION_LOST'],
    ]
    for (const [notSent, timedOut, fault, code] of table) {
      const failure = failureOf({ kind: 'no_answer', notSent, timedOut, message: 'why' })
      t.match(failure, { status: 'failed', fault, code, message: 'why' })
    }
  },
)
