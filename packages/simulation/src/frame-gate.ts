import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { CLOSE_OPCODE, type FrameHeader, isControlFrame, readFrameHeader } from './websocket-frame.ts'

export interface FrameGateOptions {
  /** Messages the server may hold that it has not begun to handle. */
  limit: number
  /** Messages at the connection's start that are not counted: the handshake's, which the server never tells of. */
  uncounted: number
  /** Called once, as soon as nothing more can be delivered here: closed by either side, cut or broken. */
  onClosed: () => void
}

const MAX_FRAME_BYTES = 4 * 1024 * 1024
const PAUSE_ABOVE_BYTES = 1024 * 1024

/**
 * Stands between a client's socket and a WebSocket server that closes the connection when more than a handful of
 * messages wait for it: passes a client's frames on only while few are unhandled and lets TCP hold back the rest.
 * What the server writes goes straight out. Destroying the gate destroys the socket.
 */
export class FrameGate extends Duplex {
  readonly #socket: Socket
  readonly #options: FrameGateOptions
  readonly #waiting: { frame: Buffer; header: FrameHeader }[] = []
  #waitingBytes = 0
  #partial: Buffer = Buffer.alloc(0)
  #unhandled = 0
  #uncounted: number
  #open = true
  #ended = false

  constructor(socket: Socket, head: Buffer, options: FrameGateOptions) {
    super()
    this.#socket = socket
    this.#options = options
    this.#uncounted = options.uncounted
    socket.setNoDelay(true)
    if (head.length > 0) socket.unshift(head)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.#takeEnd())
    socket.on('error', () => this.destroy())
    socket.on('close', () => this.destroy())
    // A broken connection is this server's daily bread; its end is told by onClosed.
    this.on('error', () => undefined)
  }

  /** The server began to handle one message: another may pass. */
  handled(): void {
    if (this.#unhandled > 0) this.#unhandled -= 1
    this.#passOn()
  }

  #take(chunk: Buffer): void {
    let buffer = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    for (;;) {
      const header = readFrameHeader(buffer)
      if (header && header.bytes > MAX_FRAME_BYTES) return void this.destroy()
      if (!header || buffer.length < header.bytes) break
      this.#waiting.push({ frame: buffer.subarray(0, header.bytes), header })
      this.#waitingBytes += header.bytes
      buffer = buffer.subarray(header.bytes)
    }
    this.#partial = buffer
    this.#passOn()
  }

  #takeEnd(): void {
    this.#ended = true
    this.#close()
    this.#passOn()
  }

  #passOn(): void {
    while (this.#waiting.length > 0 && this.#unhandled < this.#options.limit) {
      const next = this.#waiting.shift()
      if (!next) break
      this.#waitingBytes -= next.frame.length
      this.#count(next.header)
      this.push(next.frame)
    }
    if (this.#waitingBytes > PAUSE_ABOVE_BYTES) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#socket.resume()
    if (this.#ended && this.#waiting.length === 0) this.push(null)
  }

  #count(header: FrameHeader): void {
    if (header.opcode === CLOSE_OPCODE) this.#close()
    if (isControlFrame(header)) return
    if (this.#uncounted > 0) this.#uncounted -= 1
    else this.#unhandled += 1
  }

  #close(): void {
    if (!this.#open) return
    this.#open = false
    this.#options.onClosed()
  }

  override _read(): void {
    // Frames are pushed as the gate opens, not as they are asked for.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close()
    this.#socket.destroy()
    done(error)
  }
}
