import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import { readTimestamp } from './read-timestamp.ts'

const RECEIVED = new Date('2024-05-02T13:05:09.000Z')
const ISO = '2024-05-02T13:05:00.000Z'

t.test('a time is read as brokers write it', async (t) => {
  for (const value of [
    ISO,
    '2024-05-02T10:05:00-03:00',
    1714655100,
    '1714655100',
    1714655100000,
    '1714655100000',
  ]) {
    t.same(readTimestamp(value, RECEIVED), { iso: ISO, valid: true }, String(value))
  }
  t.same(readTimestamp(1714655100.25, RECEIVED), { iso: '2024-05-02T13:05:00.250Z', valid: true })
})

t.test('without a time, it is the time of receipt', async (t) => {
  for (const value of [undefined, null]) {
    t.same(readTimestamp(value, RECEIVED), { iso: RECEIVED.toISOString(), valid: true })
  }
})

t.test('a time that cannot be read becomes the time of receipt, and says so', async (t) => {
  const wrong = [
    '',
    'yesterday',
    {},
    [],
    true,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    1_714_655_100_000_000,
  ]
  for (const value of wrong) {
    t.same(readTimestamp(value, RECEIVED), { iso: RECEIVED.toISOString(), valid: false }, String(value))
  }
})

t.test('whatever is sent, the envelope\u2019s time is one that it may carry', async (t) => {
  const value = fc.oneof(
    fc.anything(),
    fc.double(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(value, (value) => {
        assert.ok(z.iso.datetime().safeParse(readTimestamp(value, RECEIVED).iso).success)
      }),
    ),
  )
})

t.test('a moment is the same moment in seconds and in milliseconds', async (t) => {
  const seconds = fc.integer({ min: 1_000_000_001, max: 4_000_000_000 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(seconds, (seconds) => {
        const { iso } = readTimestamp(seconds, RECEIVED)
        for (const value of [seconds * 1000, String(seconds), String(seconds * 1000), iso]) {
          assert.deepEqual(readTimestamp(value, RECEIVED), { iso, valid: true })
        }
      }),
    ),
  )
})
