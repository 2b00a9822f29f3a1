import type { BinaryNode, proto } from '@whiskeysockets/baileys'

/** What passes between a client and this server, each through one function that may be replaced to break it. */
export interface ConnectionPaths {
  /** Every node that is sent, before it is sealed. `send` sends one: later, twice, in another order, or not at all. */
  sending(node: BinaryNode, send: (node: BinaryNode) => void): void
  /**
   * Every frame that is sent, sealed, with its length before it. `write` puts bytes on the wire: late, cut, changed,
   * or not at all.
   */
  outgoing(frame: Buffer, write: (bytes: Uint8Array) => void): void
  /** Every node that came. `take` hands it to the server. */
  incoming(node: BinaryNode, take: (node: BinaryNode) => void): void
}

export interface ConnectionStats {
  nodesIn: number
  nodesOut: number
  bytesIn: number
  bytesOut: number
  /** Epoch milliseconds. */
  readonly openedAt: number
}

/** A client whose handshake is done. */
export interface Connection {
  /** What it says about itself: a login or a registration. */
  readonly payload: proto.IClientPayload
  /** Its static Noise key, proven. */
  readonly noiseKey: Uint8Array
  readonly stats: Readonly<ConnectionStats>
  /** Replace one of its functions to break this connection on purpose. */
  readonly paths: ConnectionPaths
  /** False as soon as either side ended it. */
  readonly open: boolean
  send(node: BinaryNode): void
  /** Who is told of its nodes, in order; the last one named. */
  onNode(listener: (node: BinaryNode) => void): void
  /** Ends it after what was sent. `reason` is for the log. */
  close(reason: string): void
  /** Breaks it at once. */
  destroy(reason: string): void
  /** Reads no more bytes of it, until `resume`. */
  pause(): void
  resume(): void
}
