import { NOISE_WA_HEADER } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { test } from 'tap'
import { createFrameReader, encodeFrame } from './read-frames.ts'

const MAX_BYTES = 1_000
const INTRO = Buffer.from(NOISE_WA_HEADER)

test('frames come out as they went in, however the bytes were cut on the way', async (t) => {
  const payload = fc.uint8Array({ maxLength: MAX_BYTES })
  const intro = fc.constantFrom(INTRO, Buffer.concat([Buffer.from([0x45, 0x44, 0, 1, 0, 0, 2, 8, 9]), INTRO]))
  fc.assert(
    fc.property(intro, fc.array(payload), fc.array(fc.nat(3_000)), (start, payloads, cuts) => {
      const bytes = Buffer.concat([start, ...payloads.map(encodeFrame)])
      const reader = createFrameReader(NOISE_WA_HEADER, MAX_BYTES)
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const frames = places.slice(1).flatMap((end, index) => reader.push(bytes.subarray(places[index], end)))
      return Buffer.concat(frames).equals(Buffer.concat(payloads)) && frames.length === payloads.length
    }),
  )
  t.pass('for all frames and cuts')
})

test('bytes of a stranger end in a refusal or wait for more, never in another error', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const reader = createFrameReader(NOISE_WA_HEADER, MAX_BYTES)
      try {
        reader.push(Buffer.concat([INTRO, bytes]))
        reader.push(Buffer.from(bytes))
        return true
      } catch (error) {
        return error instanceof Error && error.name === 'Refusal'
      }
    }),
  )
  t.pass('for all bytes')
})
