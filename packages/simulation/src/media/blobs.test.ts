import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'tap'
import { createBlobs, type Reservation } from './blobs.ts'

const LIMITS = { maxBlobBytes: 1_000, maxBytes: 2_500, maxBlobs: 3 }

const reserved = (given: ReturnType<ReturnType<typeof createBlobs>['reserve']>): Reservation => {
  if (typeof given === 'string') throw new Error(given)
  return given
}

test('files on their way have room of their own; who finds none is told so', async (t) => {
  const blobs = createBlobs(LIMITS)
  const [first] = [blobs.reserve(1_000), blobs.reserve(1_000)].map(reserved)
  t.equal(blobs.reserve(1_001), 'too_large')
  t.equal(blobs.reserve(501), 'full')
  reserved(blobs.reserve(500)).release()
  first?.release()
  first?.release()
  t.equal(blobs.bytes(), 1_000, 'released once, however often it is said')
  reserved(blobs.reserve(1_000))
  t.equal(blobs.reserve(501), 'full')
})

test('what is expired takes no room, is known as such, and comes back under another id', async (t) => {
  const blobs = createBlobs(LIMITS)
  const bytes = Buffer.alloc(1_000, 1)
  const keep = () => reserved(blobs.reserve(bytes.length)).keep('hash', bytes)
  const id = keep()
  t.equal(keep(), id, 'the same bytes are kept once')
  blobs.expire(id)
  blobs.expire(id)
  t.equal(blobs.find(id), 'expired')
  t.equal(blobs.bytes(), 0)
  const again = keep()
  t.not(again, id)
  t.equal(blobs.find(again), bytes)
  t.equal(blobs.find('unknown'), undefined)
})

test('whatever comes and goes, the limits hold and nothing is counted that is not there', async (t) => {
  const act = fc.record({
    kind: fc.constantFrom('keep', 'release', 'hold', 'expire'),
    size: fc.nat({ max: 1_200 }),
    content: fc.nat({ max: 9 }),
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const blobs = createBlobs(LIMITS)
        const ids: string[] = []
        const held: Reservation[] = []
        for (const { kind, size, content } of acts) {
          if (kind === 'expire') blobs.expire(ids[content] ?? '')
          const reservation = kind === 'expire' ? 'full' : blobs.reserve(size)
          if (typeof reservation === 'string') continue
          if (kind === 'hold') held.push(reservation)
          else if (kind === 'release') reservation.release()
          else ids.push(reservation.keep(`${size}-${content}`, Buffer.alloc(size)))
          assert.ok(blobs.bytes() <= LIMITS.maxBytes && blobs.count() <= LIMITS.maxBlobs)
        }
        for (const reservation of held) reservation.release()
        const there = [...new Set(ids)].map((id) => blobs.find(id))
        const sizes = there.map((found) => (Buffer.isBuffer(found) ? found.length : 0))
        assert.equal(
          blobs.bytes(),
          sizes.reduce((sum, size) => sum + size, 0),
        )
      }),
    ),
  )
})
