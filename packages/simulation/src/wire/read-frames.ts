import { Refusal } from './refusal.ts'

/** Cuts a client's bytes into frames: 3 bytes of length, then that many. */
export interface FrameReader {
  /**
   * Takes bytes as they come and returns the frames that are complete.
   *
   * @throws Refusal when the intro is not WhatsApp's, or a frame says that it is longer than `maxBytes`
   */
  push(chunk: Buffer): Buffer[]
}

const LENGTH_BYTES = 3
const NOISE_HEADER_BYTES = 4
const ROUTING_HEADER_BYTES = 7

/**
 * @param header what a client says first: `WA`, the protocol's and the dictionary's version
 * @param maxBytes of one frame, without its length
 */
export function createFrameReader(header: Uint8Array, maxBytes: number): FrameReader {
  let waiting: Buffer = Buffer.alloc(0)
  let introduced = false

  return {
    push(chunk) {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
      if (!introduced) {
        const intro = introLength(waiting, header, maxBytes)
        if (intro === undefined) return []
        waiting = waiting.subarray(intro)
        introduced = true
      }
      const frames: Buffer[] = []
      for (;;) {
        if (waiting.length < LENGTH_BYTES) return frames
        const bytes = waiting.readUIntBE(0, LENGTH_BYTES)
        if (bytes > maxBytes) throw new Refusal(`a frame of ${bytes} bytes: ${maxBytes} at most`)
        if (waiting.length < LENGTH_BYTES + bytes) return frames
        frames.push(waiting.subarray(LENGTH_BYTES, LENGTH_BYTES + bytes))
        waiting = waiting.subarray(LENGTH_BYTES + bytes)
      }
    },
  }
}

/** One frame as it goes on the wire. */
export function encodeFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + payload.length)
  frame.writeUIntBE(payload.length, 0, LENGTH_BYTES)
  frame.set(payload, LENGTH_BYTES)
  return frame
}

/** Bytes before the first frame: the header, perhaps after `ED` and the routing info of an earlier connection. */
function introLength(bytes: Buffer, header: Uint8Array, maxBytes: number): number | undefined {
  if (bytes.length < NOISE_HEADER_BYTES) return undefined
  if (bytes.toString('latin1', 0, 2) !== 'ED') {
    checkHeader(bytes, header)
    return NOISE_HEADER_BYTES
  }
  if (bytes.length < ROUTING_HEADER_BYTES) return undefined
  const routing = bytes.readUIntBE(4, LENGTH_BYTES)
  if (routing > maxBytes) throw new Refusal(`${routing} bytes of routing info`)
  const start = ROUTING_HEADER_BYTES + routing
  if (bytes.length < start + NOISE_HEADER_BYTES) return undefined
  checkHeader(bytes.subarray(start), header)
  return start + NOISE_HEADER_BYTES
}

function checkHeader(bytes: Buffer, header: Uint8Array): void {
  if (!bytes.subarray(0, NOISE_HEADER_BYTES).equals(header))
    throw new Refusal('the intro is not that of WhatsApp')
}
