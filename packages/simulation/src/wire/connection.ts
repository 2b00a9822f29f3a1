import { type BinaryNode, decodeBinaryNode, encodeBinaryNode, NOISE_WA_HEADER } from '@whiskeysockets/baileys'
import type { RawData, WebSocket } from 'ws'
import { createHandshake, type Handshake, type HandshakeDone } from './answer-handshake.ts'
import type { ServerIdentity } from './certificate.ts'
import type { Connection, ConnectionPaths, ConnectionStats } from './connection-paths.ts'
import { createFrameReader, encodeFrame } from './read-frames.ts'
import { Refusal } from './refusal.ts'

export interface ConnectionOptions {
  identity: ServerIdentity
  /** Called once, when the client has shown who it is. */
  onReady: (connection: Connection) => void
  /** Called once, however it ended. `reason` is a sentence for the log. */
  onClose: (reason: string) => void
}

/** Longest frame taken from a client, in bytes. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024
const HANDSHAKE_DEADLINE_MS = 10_000
/** What may wait for a client that does not read, in bytes. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024
const COMPRESSED = 2

/** Speaks with a client from its first byte: handshake, then nodes. Whatever it breaks, only its socket ends. */
export function openConnection(socket: WebSocket, options: ConnectionOptions): void {
  const client = new Client(socket, options)
  socket.on('message', (data) => client.read(data))
  socket.on('error', (error) => client.destroy(error.message))
  socket.on('close', () => client.ended('closed by the client'))
}

class Client {
  readonly stats: ConnectionStats = { nodesIn: 0, nodesOut: 0, bytesIn: 0, bytesOut: 0, openedAt: Date.now() }
  readonly paths: ConnectionPaths = {
    sending: (node, send) => send(node),
    outgoing: (frame, write) => write(frame),
    incoming: (node, take) => take(node),
  }
  readonly #socket: WebSocket
  readonly #options: ConnectionOptions
  readonly #reader = createFrameReader(NOISE_WA_HEADER, MAX_FRAME_BYTES)
  readonly #handshake: Handshake
  readonly #deadline = setTimeout(() => this.destroy('no handshake in time'), HANDSHAKE_DEADLINE_MS)
  #step: 'hello' | 'finish' | HandshakeDone = 'hello'
  #listener: (node: BinaryNode) => void = () => undefined
  #reason: string | undefined

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#handshake = createHandshake(options.identity)
  }

  get open(): boolean {
    return this.#reason === undefined
  }

  read(data: RawData): void {
    if (!this.open) return
    const chunk = asBuffer(data)
    this.stats.bytesIn += chunk.length
    this.#guard(() => {
      for (const frame of this.#reader.push(chunk)) this.#takeFrame(frame)
    })
  }

  close(reason: string): void {
    if (!this.open) return
    this.ended(reason)
    this.#socket.close()
  }

  destroy(reason: string): void {
    this.ended(reason)
    this.#socket.terminate()
  }

  ended(reason: string): void {
    if (!this.open) return
    this.#reason = reason
    clearTimeout(this.#deadline)
    this.#options.onClose(reason)
  }

  readonly #write = (bytes: Uint8Array): void => {
    if (!this.open) return
    this.stats.bytesOut += bytes.length
    this.#socket.send(bytes)
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) this.destroy('does not read what it is sent')
  }

  readonly #take = (node: BinaryNode): void => {
    if (this.open) this.#guard(() => this.#listener(node))
  }

  #takeFrame(frame: Buffer): void {
    if (!this.open) return
    if (this.#step === 'hello') {
      this.#write(encodeFrame(this.#handshake.hello(frame)))
      this.#step = 'finish'
    } else if (this.#step === 'finish') {
      this.#step = this.#handshake.finish(frame)
      clearTimeout(this.#deadline)
      this.#options.onReady(this.#connection(this.#step))
    } else {
      this.#takeNode(this.#step, frame)
    }
  }

  #takeNode({ incoming }: HandshakeDone, frame: Buffer): void {
    const bytes = openSealed(() => incoming.open(frame))
    if (((bytes[0] ?? 0) & COMPRESSED) !== 0) throw new Refusal('a compressed node')
    // Each takes as many turns to decode as the other: they stay in order.
    decodeBinaryNode(bytes).then(
      (node) => {
        this.stats.nodesIn += 1
        if (this.open) this.#guard(() => this.paths.incoming(node, this.#take))
      },
      () => this.destroy('a node that cannot be read'),
    )
  }

  #connection({ payload, noiseKey, outgoing }: HandshakeDone): Connection {
    const isOpen = () => this.open
    const seal = (node: BinaryNode) => {
      if (!this.open) return
      this.stats.nodesOut += 1
      this.paths.outgoing(encodeFrame(outgoing.seal(encodeBinaryNode(node))), this.#write)
    }
    return {
      ...{ payload, noiseKey, stats: this.stats, paths: this.paths },
      get open() {
        return isOpen()
      },
      send: (node) => {
        if (this.open) this.paths.sending(node, seal)
      },
      onNode: (listener) => {
        this.#listener = listener
      },
      close: (reason) => this.close(reason),
      destroy: (reason) => this.destroy(reason),
      pause: () => this.#socket.pause(),
      resume: () => this.#socket.resume(),
    }
  }

  /** A client's mistake ends its connection; a mistake of ours does too, and the server lives on. */
  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.destroy(error instanceof Refusal ? error.message : `an error here: ${String(error)}`)
    }
  }
}

function openSealed(open: () => Buffer): Buffer {
  try {
    return open()
  } catch {
    throw new Refusal('a frame with a bad MAC')
  }
}

function asBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
