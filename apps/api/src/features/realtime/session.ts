import type { Actor } from '@carteiro/domain/keys/find-key'
import type { Server, Socket } from 'socket.io'
import { emits } from '../../live/emits.ts'
import { type LiveEvent, roomsOf, toEmitted } from '../../live/live-event.ts'
import type { Door, Listener, Subscription } from '../../live/subscription.ts'
import type { Report } from '../../report.ts'

/** A socket that takes nothing for so long does not read. */
const MAX_STALLED_MS = 5_000

/** One socket that was let in. */
export interface Session {
  socket: Socket
  actor: Actor
  /** Names of the rooms that it is in. */
  rooms: Set<string>
  listener: Listener
  /** Counts what is on its way to the client. */
  sent(bytes: number): void
}

/** A session whose place in the log is known. */
export interface PlacedSession extends Session {
  subscription: Subscription
  /** Ends it; may be called twice. */
  leave(): void
}

/** The door of all sockets of the process: one emit for all that have heard the same, whatever rooms they are in. */
export function createSocketDoor(io: Server, report: Report) {
  const sessions = new Map<string, PlacedSession>()
  const door: Door = {
    name: 'socket',
    deliver: (event, prevSeq, listeners) => {
      const ids = listeners.map(({ id }) => id)
      for (const id of ids) sessions.get(id)?.sent(event.bytes)
      io.to(ids).emit(event.type, toEmitted(event, prevSeq))
      report.eventEmitted(event.type, ids.length)
    },
  }
  return { sessions, open: (socket: Socket, actor: Actor) => createSession(door, socket, actor) }
}

function createSession(door: Door, socket: Socket, actor: Actor): Session {
  const rooms = new Set<string>()
  let pending = 0
  const onDrained = () => {
    pending = 0
  }
  socket.conn.on('drain', onDrained)
  socket.conn.once('close', onDrained)

  const listener: Listener = {
    id: socket.id,
    tenantId: actor.tenantId,
    door,
    wants: (event: LiveEvent) => rooms.size > 0 && roomsOf(event).some((room) => rooms.has(room)),
    pendingBytes: () => pending,
    drained: async () => pending === 0 || (await emits(socket.conn, ['drain', 'close'], MAX_STALLED_MS)),
    truncated: (gap) => void socket.emit('replay.truncated', gap),
    tooSlow: (seq) => {
      const message = `This connection does not read fast enough; emit replay with ${seq}, or with your own last number.`
      socket.emit('replay.required', { code: 'TOO_SLOW', message, seq })
    },
    close: (told) => {
      socket.emit('connection.closing', told)
      // The connection, not the namespace alone: a client then connects again by itself.
      socket.conn.close(pending > 0)
    },
  }
  const sent = (bytes: number) => {
    pending += bytes
  }
  return { socket, actor, rooms, listener, sent }
}
