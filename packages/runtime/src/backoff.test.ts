import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { backoffMs, withJitter } from './backoff.ts'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const ms = fc.integer({ min: 1, max: 3_600_000 })

t.test('a wait is a whole number of milliseconds, moved by its jitter at most', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(ms, share, (wait, jitter) => {
        const moved = withJitter(wait, jitter)
        assert.ok(Number.isInteger(moved))
        assert.ok(Math.abs(moved - wait) <= wait * jitter + 0.5, `${moved} of ${wait}`)
      }),
    ),
  )
})

t.test('waits double from the first to the longest and stay there, for any number of tries', async (t) => {
  const limits = fc.tuple(ms, ms).map(([a, b]) => ({ firstMs: Math.min(a, b), maxMs: Math.max(a, b) }))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        limits,
        share,
        (attempt, { firstMs, maxMs }, jitter) => {
          const wait = backoffMs(attempt, { firstMs, maxMs, jitter })
          assert.ok(wait >= firstMs * (1 - jitter) - 0.5, 'never shorter than the first')
          assert.ok(wait <= maxMs * (1 + jitter) + 0.5, 'never longer than the longest')
          assert.ok(
            wait <= firstMs * 2 ** (attempt - 1) * (1 + jitter) + 0.5,
            'never more than doubled each time',
          )
        },
      ),
    ),
  )
  const exact = (attempt: number) => backoffMs(attempt, { firstMs: 50, maxMs: 1_000, jitter: 0 })
  t.same([1, 2, 3, 4, 5, 6, 7].map(exact), [50, 100, 200, 400, 800, 1_000, 1_000])
})
