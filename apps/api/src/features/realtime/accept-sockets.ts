import type { Server as HttpListener } from 'node:http'
import { Problem } from '@carteiro/contracts/problem'
import { Handshake, parseRoom } from '@carteiro/contracts/realtime'
import type { Database } from '@carteiro/database/connect'
import { type Actor, findKey, mayAct } from '@carteiro/domain/keys/find-key'
import type { Logger } from '@carteiro/runtime/logger'
import { Server, type Socket } from 'socket.io'
import { KEY_ENDED } from '../../live/key-watch.ts'
import type { Live } from '../../live/start-live.ts'
import { toRefusal } from '../../live/to-refusal.ts'
import { readSecret } from '../../plugins/authentication.ts'
import type { Report } from '../../report.ts'
import { authorizeRoom, nameOf } from './authorize-room.ts'
import { answerCommands } from './commands.ts'
import { createSocketDoor, type PlacedSession } from './session.ts'

const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024

/** WebSocket alone: long-polling would need sticky routing between several API processes. */
export function createSocketServer(listener: HttpListener): Server {
  return new Server(listener, {
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: MAX_CLIENT_MESSAGE_BYTES,
    connectTimeout: 10_000,
  })
}

export interface AcceptSockets extends Live {
  io: Server
  db: Database
  report: Report
  logger: Logger
}

/** Lets in who carries a key that may read, and gives it its place in its tenant's log. No token, no socket. */
export function acceptSockets(options: AcceptSockets): void {
  const { io, hub, report, logger, typing } = options
  const door = createSocketDoor(io, report)

  io.use((socket, next) => {
    admit(options, door, socket).then(
      (session) => {
        if (socket.conn.readyState === 'closed') return session.leave()
        door.sessions.set(socket.id, session)
        socket.conn.once('close', session.leave)
        next()
      },
      (error) => next(refusal(toRefusal(error, logger))),
    )
  })

  io.on('connection', (socket) => {
    const session = door.sessions.get(socket.id)
    if (!session) return socket.disconnect(true)
    report.connected('socket')
    socket.once('disconnect', () => {
      session.leave()
      report.disconnected('socket')
    })
    answerCommands(options, session)
    socket.emit('ready', { seq: session.subscription.position })
    // A replay begins when it is known of which rooms.
    if (session.rooms.size > 0 || typeof socket.handshake.auth.lastSeq !== 'number') {
      hub.resume(session.subscription)
    }
    return undefined
  })

  typing.onTyping(({ tenantId, ticketId, by, typing: isTyping, socketId }) => {
    const hearing = [...hub.listeners(tenantId)].flatMap(({ listener: { id }, state }) =>
      state === 'live' && id !== socketId && door.sessions.get(id)?.rooms.has(`ticket:${ticketId}`)
        ? [id]
        : [],
    )
    if (hearing.length > 0) io.to(hearing).volatile.emit('ticket:typing', { ticketId, by, typing: isTyping })
  })
}

async function admit(
  { db, hub, keys }: AcceptSockets,
  door: ReturnType<typeof createSocketDoor>,
  socket: Socket,
): Promise<PlacedSession> {
  const actor = await authenticate(db, socket)
  const { lastSeq, rooms } = readHandshake(socket)
  const session = door.open(socket, actor)
  for (const room of rooms) {
    await authorizeRoom(db, actor, room)
    session.rooms.add(nameOf(room))
  }
  const subscription = await hub.subscribe(session.listener, lastSeq ?? undefined)
  const unwatch = keys.watch(actor.keyId, () => session.listener.close(KEY_ENDED))
  const leave = () => {
    unwatch()
    hub.unsubscribe(subscription)
    door.sessions.delete(socket.id)
  }
  return { ...session, subscription, leave }
}

async function authenticate(db: Database, socket: Socket): Promise<Actor> {
  const token: unknown = socket.handshake.auth.token
  const secret = typeof token === 'string' ? token : readSecret(socket.handshake.headers)
  const actor = secret === undefined ? undefined : await findKey(db, secret)
  if (actor && mayAct(actor, 'read')) return actor
  throw new Problem('INVALID_API_KEY', 'Send a living API key with the scope read as auth.token.')
}

function readHandshake(socket: Socket) {
  const { token: _, ...given } = socket.handshake.auth
  const result = Handshake.safeParse(given)
  if (!result.success) {
    const [issue] = result.error.issues
    const where = ['auth', ...(issue?.path ?? [])].join('.')
    throw new Problem('VALIDATION_ERROR', `${where} ${issue?.message ?? 'is not valid'}.`)
  }
  const { lastSeq, rooms } = result.data
  return { lastSeq, rooms: rooms.flatMap((name) => parseRoom(name) ?? []) }
}

/** Reaches the client as `connect_error` with `data` in the one error shape. */
const refusal = (error: { code: string; message: string }): Error =>
  Object.assign(new Error(error.message), { data: { error } })
