import { io } from 'socket.io-client'

export interface Follow {
  url: string
  /** An API key with the scope read. */
  token: string
  /** Such as `tenant:acme`, or `ticket:` and an id. */
  rooms: string[]
  /** The last number that you have; left out, you hear what happens from now on. */
  lastSeq?: number
  /** Called once for each event, in order. Keep `event.seq` together with what you make of it. */
  onEvent(type: string, event: { seq: number }): void
  /** These are not kept any more: read your lists anew. */
  onTruncated?(gap: { from: number; to: number }): void
  /** The server will not have you: the key is wrong, or `lastSeq` is. */
  onRefused?(error: Error): void
}

/** Refusals that pass; every other one stays until you change something. */
const PASSING = ['DATABASE_UNAVAILABLE', 'INTERNAL_ERROR', 'TOO_MANY_CONNECTIONS']

/** Follows a tenant's events through reconnections, restarts and replays, until `close` is called. */
export function followEvents({ url, token, rooms, lastSeq, ...listener }: Follow) {
  let last = lastSeq
  let isAsking = false
  let again: ReturnType<typeof setTimeout> | undefined
  // A function: each connection goes on where the one before ended.
  const auth = (send: (auth: object) => void) => send({ token, rooms, lastSeq: last })
  const socket = io(url, { transports: ['websocket'], forceNew: true, auth })
  const askForReplay = () => {
    if (!isAsking) socket.emit('replay', { lastSeq: last })
    isAsking = true
  }
  socket.on('connect_error', (error: Error & { data?: { error?: { code?: string } } }) => {
    if (socket.active) return // No connection at all: the library comes back by itself.
    if (!PASSING.includes(error.data?.error?.code ?? '')) return listener.onRefused?.(error)
    again = setTimeout(() => socket.connect(), 1_000)
  })
  socket.on('ready', ({ seq }) => {
    last ??= seq
    isAsking = false
  })
  socket.on('replay.required', askForReplay)
  socket.on('replay.truncated', (gap) => {
    last = gap.to
    listener.onTruncated?.(gap)
  })
  socket.onAny((type, event) => {
    if (event.prevSeq === undefined || last === undefined || event.seq <= last) return
    if (event.prevSeq > last) return askForReplay() // One is missing between them.
    last = event.seq
    isAsking = false
    listener.onEvent(type, event)
  })
  const close = () => {
    clearTimeout(again)
    socket.close()
  }
  return { socket, close }
}
