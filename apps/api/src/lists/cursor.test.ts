import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import { readCursor, writeCursor } from './cursor.ts'

const Position = z.object({ lastMessageMicros: z.number().int(), id: z.uuid() })

t.test('a cursor leads back to where its page ended', async (t) => {
  const position = fc.record(
    { lastMessageMicros: fc.maxSafeInteger(), id: fc.uuid() },
    { noNullPrototype: true },
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(position, (position) => {
        const cursor = writeCursor(position)
        assert.match(cursor ?? '', /^[\w-]+$/, 'it needs no escaping in a URL')
        assert.deepEqual(readCursor(Position, cursor ?? undefined), position)
      }),
    ),
  )
})

t.test('no cursor is the first page, and no page after the last', async (t) => {
  t.equal(readCursor(Position, undefined), undefined)
  t.equal(writeCursor(null), null)
})

t.test('what is no cursor of ours is refused by its name', async (t) => {
  const written = (position: object) => writeCursor(position) ?? ''
  const id = '0192f0c8-0000-7000-8000-000000000000'
  const wrong = [
    '',
    'nonsense',
    'bnVsbA',
    written({}),
    written({ id }),
    written({ lastMessageMicros: 1, id: "' or 1 = 1" }),
    written({ lastMessageMicros: 1e300, id }),
    written({ lastMessageMicros: '1', id }),
  ]
  for (const cursor of wrong) {
    t.throws(
      () => readCursor(Position, cursor),
      { code: 'VALIDATION_ERROR', details: [{ path: 'querystring.cursor' }] },
      cursor,
    )
  }
})
