import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readBytes } from './bytes.ts'
import { readLong } from './longs.ts'
import { readMedia, withoutLargePreviews } from './media.ts'

t.test('bytes are the same in every form that JSON has for them', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const base64 = Buffer.from(bytes).toString('base64')
        const forms = [
          base64,
          bytes,
          [...bytes],
          JSON.parse(JSON.stringify(bytes)),
          JSON.parse(JSON.stringify(Buffer.from(bytes))),
          { type: 'Buffer', data: base64 },
        ]
        for (const form of forms) assert.equal(readBytes(form), base64)
      }),
    ),
  )
  for (const none of ['', [], {}, null, 7, [256], [-1], [1.5], { 1: 0 }, { type: 'Buffer' }]) {
    t.equal(readBytes(none), undefined, JSON.stringify(none))
  }
})

t.test('a 64-bit number is the same in every form that JSON has for it', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        const [low, high] = [Number(BigInt.asIntN(32, BigInt(number))), Math.floor(number / 2 ** 32)]
        const forms = [number, String(number), { low, high, unsigned: false }]
        for (const form of forms) assert.equal(readLong(form), number)
      }),
    ),
  )
  for (const none of ['', 'x', {}, { low: 1 }, null, Number.NaN, { low: 0, high: 2 ** 31 }]) {
    t.equal(readLong(none), undefined, JSON.stringify(none))
  }
})

t.test('a preview above 16 KiB is left out, wherever it stands', async (t) => {
  const preview = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64')
  t.same(readMedia('image', { jpegThumbnail: preview(16_383) }), { jpegThumbnail: preview(16_383) })
  t.same(readMedia('image', { jpegThumbnail: preview(16_386) }), {})
  const parts = {
    ephemeralMessage: { message: { imageMessage: { jpegThumbnail: preview(20_000), width: 1 } } },
  }
  t.same(withoutLargePreviews(parts), { ephemeralMessage: { message: { imageMessage: { width: 1 } } } })
})
