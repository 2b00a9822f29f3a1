import { Problem } from '@carteiro/contracts/problem'
import { test } from 'tap'
import { type FailedSend, toProblem } from './to-problem.ts'

const problem = new Problem('RATE_LIMITED', 'Later.', { retryAfterSeconds: 9 })
const table: [FailedSend, number, string, number?][] = [
  [{ kind: 'invalid_to' }, 422, 'INVALID_TO'],
  [{ kind: 'not_on_whatsapp' }, 422, 'RECIPIENT_NOT_ON_WHATSAPP'],
  [{ kind: 'untold', problem }, 429, 'RATE_LIMITED', 9],
  [{ kind: 'key_mismatch' }, 409, 'IDEMPOTENCY_KEY_MISMATCH'],
  [{ kind: 'disconnected' }, 409, 'INSTANCE_DISCONNECTED'],
  [{ kind: 'busy' }, 429, 'RATE_LIMITED', 2],
  [{ kind: 'media_failed', problem }, 429, 'RATE_LIMITED', 9],
  [{ kind: 'not_prepared', reason: 'why' }, 502, 'BROKER_ERROR'],
  [{ kind: 'refused', code: '463' }, 423, 'ACCOUNT_RESTRICTED'],
  [{ kind: 'refused', code: '429' }, 429, 'RATE_LIMITED', 60],
  [{ kind: 'refused', code: '500' }, 502, 'BROKER_ERROR'],
  [{ kind: 'failed', reason: 'why' }, 502, 'BROKER_ERROR'],
  [{ kind: 'timeout' }, 504, 'SEND_TIMEOUT'],
  [{ kind: 'stopping' }, 503, 'SHUTTING_DOWN', 1],
]
for (const [outcome, status, code, retryAfterSeconds] of table) {
  const name = 'code' in outcome ? `${outcome.kind} ${outcome.code}` : outcome.kind
  test(`a send that ended by ${name} is answered ${status} ${code}`, async (t) => {
    const { message, ...rest } = toProblem(outcome, { status: 'disconnected', connected: false })
    t.match({ ...rest, message }, { status, code, message: /\.$/ })
    t.equal(rest.retryAfterSeconds, retryAfterSeconds)
  })
}
