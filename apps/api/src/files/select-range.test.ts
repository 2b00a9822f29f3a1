import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type RangeHeaders, selectRange } from './select-range.ts'

const ETAG = '"of these bytes"'
const select = (headers: RangeHeaders, size = 100) => selectRange(headers, { size, etag: ETAG })

t.test('a range is read as RFC 9110 has it', async (t) => {
  const table: [range: string, expected: ReturnType<typeof selectRange>][] = [
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=0-99', { start: 0, end: 99 }],
    ['bytes=10-19', { start: 10, end: 19 }],
    ['bytes=90-1000', { start: 90, end: 99 }],
    ['bytes=99-', { start: 99, end: 99 }],
    ['bytes=-1', { start: 99, end: 99 }],
    ['bytes=-100', { start: 0, end: 99 }],
    ['bytes=-101', { start: 0, end: 99 }],
    [`bytes=-${'9'.repeat(400)}`, { start: 0, end: 99 }],
    ['Bytes=1-2', { start: 1, end: 2 }],
    ['bytes=100-', 'none'],
    ['bytes=100-200', 'none'],
    ['bytes=-0', 'none'],
    [`bytes=${'9'.repeat(400)}-`, 'none'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=0-1,200-300', { start: 0, end: 1 }],
    ['bytes=200-300,400-500', 'none'],
    ['bytes=', 'whole'],
    ['bytes', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1.5-2', 'whole'],
    ['bytes=--1', 'whole'],
    ['lines=0-1', 'whole'],
    ['lines=200-300', 'whole'],
    ['', 'whole'],
  ]
  for (const [range, expected] of table) t.same(select({ range }), expected, range.slice(0, 40))
  t.equal(select({}), 'whole')
})

t.test('a range of an empty file is the empty file', async (t) => {
  for (const range of ['bytes=0-', 'bytes=0-0', 'bytes=-5']) t.equal(select({ range }, 0), 'whole', range)
})

t.test('a range that hangs on other bytes gives all of these', async (t) => {
  const range = 'bytes=1-2'
  t.same(select({ range, 'if-range': ETAG }), { start: 1, end: 2 })
  const others = ['"of others"', `W/${ETAG}`, 'Wed, 21 Oct 2015 07:28:00 GMT', '']
  for (const other of others) t.equal(select({ range, 'if-range': other }), 'whole', other)
  t.equal(selectRange({ range, 'if-range': '' }, { size: 9, etag: undefined }), 'whole')
})

t.test('whatever is asked, a range that comes back lies within the bytes', async (t) => {
  const piece = fc.oneof(fc.constantFrom('bytes=', '-', ',', ' ', '='), fc.nat({ max: 300 }).map(String))
  const headers = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(headers, fc.integer({ min: 1, max: 200 }), (range, size) => {
        const selected = select({ range }, size)
        if (typeof selected === 'string') return
        assert.ok(selected.start >= 0 && selected.start <= selected.end && selected.end < size)
      }),
    ),
  )
})
