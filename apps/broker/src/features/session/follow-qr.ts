import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import type { WASocket } from './open-socket.ts'

/** A QR code that a phone may scan just now. It is a credential: whoever scans it holds the session's other end. */
export interface ShownQr {
  qr: string
  /** Then another one takes its place. */
  expiresAt: Date
  /** When the last one ends, and with it the linking. */
  linkingEndsAt: Date
}

/** As long as Baileys shows the first one, and each that follows. */
const FIRST_MS = 60_000
const NEXT_MS = 20_000

/** Tells of each code that Baileys shows while no phone has linked this session, and `undefined` once one has. */
export function followQr(socket: WASocket, onQr: (shown: ShownQr | undefined) => void): void {
  let following = 0
  let nextMs = FIRST_MS
  socket.ws.on('CB:iq,type:set,pair-device', (stanza: BinaryNode) => {
    following = getBinaryNodeChildren(getBinaryNodeChild(stanza, 'pair-device'), 'ref').length
    nextMs = FIRST_MS
  })
  socket.ev.on('connection.update', ({ qr, isNewLogin }) => {
    if (isNewLogin) onQr(undefined)
    if (qr === undefined) return
    following = Math.max(0, following - 1)
    const expiresAt = new Date(Date.now() + nextMs)
    nextMs = NEXT_MS
    onQr({ qr, expiresAt, linkingEndsAt: new Date(expiresAt.getTime() + following * NEXT_MS) })
  })
}
