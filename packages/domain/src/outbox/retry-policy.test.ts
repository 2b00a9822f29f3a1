import assert from 'node:assert/strict'
import { FAULTS } from '@carteiro/contracts/delivery'
import fc from 'fast-check'
import t from 'tap'
import { afterFailure, DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts'

const exact: RetryPolicy = { ...DEFAULT_RETRY_POLICY, jitter: 0 }
const MAX_ATTEMPTS = DEFAULT_RETRY_POLICY.minutes.length

const policies = fc.record({
  minutes: fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  waitingSeconds: fc.integer({ min: 0, max: 60 }),
})

/** What follows attempts 1 to 6 of six, in seconds; `wait` uses no attempt. */
const AFTER_ATTEMPTS = `
message  fail   fail   fail   fail    fail     fail
channel  60     300    900    3600    21600    fail
ours     60     300    900    3600    21600    fail
unknown  2      8      32     128     512      fail
waiting  wait 2 wait 2 wait 2 wait 2  wait 2   wait 2
`

t.test('every fault, after every attempt, is followed by what the policy says', async (t) => {
  const rows = AFTER_ATTEMPTS.trim().split('\n')
  t.same(rows.map((row) => row.split(' ')[0]).sort(), [...FAULTS].sort(), 'a row for each fault')
  for (const fault of FAULTS) {
    const cells = rows.find((row) => row.startsWith(fault))?.match(/wait \d+|fail|\d+/g) ?? []
    t.equal(cells.length, MAX_ATTEMPTS)
    for (const [index, cell] of cells.entries()) {
      const seconds = Number(cell.replace('wait ', ''))
      const next = cell.startsWith('wait') ? 'wait' : 'retry'
      const expected = cell === 'fail' ? { next: 'fail' } : { next, afterMs: seconds * 1_000 }
      const failure = { fault, attempts: index + 1, maxAttempts: MAX_ATTEMPTS }
      t.same(afterFailure(exact, failure), expected, `${fault}, attempt ${index + 1}`)
      const asked = afterFailure(exact, { ...failure, retryAfterSeconds: 40_000 })
      const longer = cell === 'fail' ? expected : { next, afterMs: 40_000_000 }
      t.same(asked, longer, `${fault}, attempt ${index + 1}, told to stay away for longer`)
    }
  }
})

t.test('a message at fault fails at once, whatever attempts are left', async (t) => {
  t.same(afterFailure(exact, { fault: 'message', attempts: 1, maxAttempts: MAX_ATTEMPTS }), { next: 'fail' })
})

t.test(
  'a channel at fault is tried again after 1, 5, 15, 60 and 360 minutes, and then no more',
  async (t) => {
    for (const fault of ['channel', 'ours'] as const) {
      const after = [1, 2, 3, 4, 5, 6].map((attempts) =>
        afterFailure(exact, { fault, attempts, maxAttempts: MAX_ATTEMPTS }),
      )
      t.same(after, [
        ...[1, 5, 15, 60, 360].map((minutes) => ({ next: 'retry', afterMs: minutes * 60_000 })),
        { next: 'fail' },
      ])
    }
  },
)

t.test('waiting is not failing: it never ends by attempts', async (t) => {
  for (const attempts of [1, MAX_ATTEMPTS, MAX_ATTEMPTS + 100]) {
    const after = afterFailure(exact, { fault: 'waiting', attempts, maxAttempts: MAX_ATTEMPTS })
    t.same(after, { next: 'wait', afterMs: DEFAULT_RETRY_POLICY.waitingSeconds * 1_000 })
  }
})

t.test('a send whose outcome nobody knows is asked again within seconds, longer each time', async (t) => {
  const waits = [1, 2, 3].map((attempts) =>
    afterFailure(exact, { fault: 'unknown', attempts, maxAttempts: MAX_ATTEMPTS }),
  )
  t.same(waits, [
    { next: 'retry', afterMs: 2_000 },
    { next: 'retry', afterMs: 8_000 },
    { next: 'retry', afterMs: 32_000 },
  ])
})

t.test('a channel that decides for itself is obeyed, whatever the fault', async (t) => {
  for (const fault of FAULTS) {
    const failure = { fault, attempts: 1, maxAttempts: MAX_ATTEMPTS }
    t.same(afterFailure(exact, { ...failure, next: 'fail' }), { next: 'fail' })
    const waits = afterFailure(exact, { ...failure, next: 'wait', retryAfterSeconds: 60 })
    t.same(waits, { next: 'wait', afterMs: 60_000 })
  }
})

t.test('never more attempts are made than a message may have, for any policy and any faults', async (t) => {
  const faults = fc.array(fc.constantFrom(...FAULTS.filter((fault) => fault !== 'waiting')), {
    minLength: 30,
    maxLength: 30,
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(policies, faults, fc.integer({ min: 1, max: 12 }), (policy, faults, maxAttempts) => {
        let attempts = 0
        for (const fault of faults) {
          attempts++
          if (afterFailure(policy, { fault, attempts, maxAttempts }).next === 'fail') break
        }
        assert.ok(attempts <= maxAttempts, `${attempts} of ${maxAttempts}`)
      }),
    ),
  )
})

t.test('a wait is never negative, and its jitter bounds it', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        policies,
        fc.constantFrom(...FAULTS),
        fc.integer({ min: 1, max: 6 }),
        (policy, fault, attempts) => {
          const exactly = afterFailure({ ...policy, jitter: 0 }, { fault, attempts, maxAttempts: 6 })
          const moved = afterFailure(policy, { fault, attempts, maxAttempts: 6 })
          assert.equal(moved.next, exactly.next)
          if (moved.next === 'fail' || exactly.next === 'fail') return
          assert.ok(moved.afterMs >= 0)
          assert.ok(Math.abs(moved.afterMs - exactly.afterMs) <= exactly.afterMs * policy.jitter + 0.5)
        },
      ),
    ),
  )
})
