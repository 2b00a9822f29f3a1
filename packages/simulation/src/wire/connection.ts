import { type BinaryNode, decodeBinaryNode, encodeBinaryNode, NOISE_WA_HEADER } from '@whiskeysockets/baileys'
import type { RawData, WebSocket } from 'ws'
import { createHandshake, type HandshakeDone } from './answer-handshake.ts'
import type { ServerIdentity } from './certificate.ts'
import type { Connection, ConnectionPaths } from './connection-paths.ts'
import { createFrameReader, encodeFrame } from './read-frames.ts'
import { Refusal } from './refusal.ts'

export interface ConnectionOptions {
  identity: ServerIdentity
  /** The target of the request that the socket came with. */
  url: URL
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
  const { identity, url, onReady, onClose } = options
  const stats = { nodesIn: 0, nodesOut: 0, bytesIn: 0, bytesOut: 0, openedAt: Date.now() }
  const reader = createFrameReader(NOISE_WA_HEADER, MAX_FRAME_BYTES)
  const handshake = createHandshake(identity)
  const deadline = setTimeout(() => end('no handshake in time'), HANDSHAKE_DEADLINE_MS)
  let step: 'hello' | 'finish' | HandshakeDone = 'hello'
  let listener: (node: BinaryNode) => void = () => undefined
  let reason: string | undefined

  const paths: ConnectionPaths = {
    sending: (node, send) => send(node),
    outgoing: (frame, write) => write(frame),
    incoming: (node, take) => take(node),
  }

  function write(bytes: Uint8Array): void {
    if (reason !== undefined) return
    stats.bytesOut += bytes.length
    socket.send(bytes)
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) end('does not read what it is sent')
  }

  function take(node: BinaryNode): void {
    if (reason === undefined) guard(() => listener(node))
  }

  function takeFrame(frame: Buffer): void {
    if (step === 'hello') {
      write(encodeFrame(handshake.hello(frame)))
      step = 'finish'
    } else if (step === 'finish') {
      step = handshake.finish(frame)
      clearTimeout(deadline)
      onReady(connectionOf(step))
    } else {
      takeNode(step, frame)
    }
  }

  function takeNode({ incoming }: HandshakeDone, frame: Buffer): void {
    const bytes = openSealed(() => incoming.open(frame))
    if (((bytes[0] ?? 0) & COMPRESSED) !== 0) throw new Refusal('a compressed node')
    // Each takes as many turns to decode as the other: they stay in order.
    decodeBinaryNode(bytes).then(
      (node) => {
        stats.nodesIn += 1
        if (reason === undefined) guard(() => paths.incoming(node, take))
      },
      () => end('a node that cannot be read'),
    )
  }

  function connectionOf(done: HandshakeDone): Connection {
    function seal(node: BinaryNode): void {
      if (reason !== undefined) return
      stats.nodesOut += 1
      paths.outgoing(encodeFrame(done.outgoing.seal(encodeBinaryNode(node))), write)
    }

    return {
      payload: done.payload,
      noiseKey: done.noiseKey,
      url,
      stats,
      paths,
      get open() {
        return reason === undefined
      },
      send(node) {
        if (reason === undefined) paths.sending(node, seal)
      },
      onNode(next) {
        listener = next
      },
      close(why) {
        if (reason !== undefined) return
        ended(why)
        socket.close()
      },
      destroy: end,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    }
  }

  /** A client's mistake ends its connection; a mistake of ours does too, and the server lives on. */
  function guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      end(error instanceof Refusal ? error.message : `an error here: ${String(error)}`)
    }
  }

  function end(why: string): void {
    ended(why)
    socket.terminate()
  }

  function ended(why: string): void {
    if (reason !== undefined) return
    reason = why
    clearTimeout(deadline)
    onClose(why)
  }

  socket.on('message', (data: RawData) => {
    if (reason !== undefined) return
    const chunk = asBuffer(data)
    stats.bytesIn += chunk.length
    guard(() => {
      for (const frame of reader.push(chunk)) takeFrame(frame)
    })
  })
  socket.on('error', (error) => end(error.message))
  socket.on('close', () => ended('closed by the client'))
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
