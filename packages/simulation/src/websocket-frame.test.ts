import fc from 'fast-check'
import { test } from 'tap'
import { isControlFrame, readFrameHeader } from './websocket-frame.ts'

/** A masked frame as RFC 6455 has a client write it. */
function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.from([0x80 | opcode]), encodeLength(payload.length), mask, masked])
}

function encodeLength(length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | length])
  if (length < 65_536) return Buffer.from([0x80 | 126, length >> 8, length & 0xff])
  const bytes = Buffer.alloc(9)
  bytes.writeUInt8(0x80 | 127)
  bytes.writeBigUInt64BE(BigInt(length), 1)
  return bytes
}

const opcode = fc.constantFrom(0x0, 0x1, 0x2, 0x8, 0x9, 0xa)
const length = fc.oneof(fc.nat(200), fc.constantFrom(125, 126, 65_535, 65_536, 70_000))

test('a frame of any length ends where the next begins', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(opcode, length), { minLength: 1, maxLength: 5 }), (frames) => {
      const stream = Buffer.concat(frames.map(([code, size]) => encodeFrame(code, Buffer.alloc(size, 7))))
      let offset = 0
      for (const [code] of frames) {
        const header = readFrameHeader(stream, offset)
        if (header?.opcode !== code || isControlFrame(header) !== code >= 0x8) return false
        offset += header.bytes
      }
      return offset === stream.length
    }),
  )
  t.pass('for every sequence of frames')
})

test('a header that is not all there yet is not read', async (t) => {
  const headerBytes = [
    [encodeFrame(2, Buffer.alloc(10)), 2],
    [encodeFrame(2, Buffer.alloc(1000)), 4],
    [encodeFrame(2, Buffer.alloc(70_000)), 10],
  ] as const
  for (const [frame, bytes] of headerBytes) {
    t.equal(readFrameHeader(frame.subarray(0, bytes - 1)), undefined)
    t.equal(readFrameHeader(frame.subarray(0, bytes))?.bytes, frame.length)
  }
})
