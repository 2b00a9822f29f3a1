/** Where one WebSocket frame ends and what it is (RFC 6455, section 5.2). */
export interface FrameHeader {
  /** Bytes of header and payload together. */
  bytes: number
  opcode: number
}

export const CLOSE_OPCODE = 0x8

const BASE_HEADER_BYTES = 2
const MASK_BYTES = 4
const LENGTH_IN_16_BITS = 126
const LENGTH_IN_64_BITS = 127

/**
 * Reads the header of the frame that starts at `offset`.
 *
 * @returns `undefined` while the header itself is not complete
 */
export function readFrameHeader(buffer: Buffer, offset = 0): FrameHeader | undefined {
  if (buffer.length - offset < BASE_HEADER_BYTES) return undefined
  const opcode = buffer.readUInt8(offset) & 0x0f
  const second = buffer.readUInt8(offset + 1)
  const maskBytes = (second & 0x80) === 0 ? 0 : MASK_BYTES
  const length = second & 0x7f
  const lengthBytes = length === LENGTH_IN_64_BITS ? 8 : length === LENGTH_IN_16_BITS ? 2 : 0
  if (buffer.length - offset < BASE_HEADER_BYTES + lengthBytes) return undefined
  return {
    opcode,
    bytes: BASE_HEADER_BYTES + lengthBytes + maskBytes + payloadBytes(buffer, offset, length),
  }
}

/** Control frames (close, ping, pong) carry no message. */
export function isControlFrame({ opcode }: FrameHeader): boolean {
  return opcode >= CLOSE_OPCODE
}

function payloadBytes(buffer: Buffer, offset: number, length: number): number {
  if (length === LENGTH_IN_16_BITS) return buffer.readUInt16BE(offset + BASE_HEADER_BYTES)
  if (length === LENGTH_IN_64_BITS) return Number(buffer.readBigUInt64BE(offset + BASE_HEADER_BYTES))
  return length
}
