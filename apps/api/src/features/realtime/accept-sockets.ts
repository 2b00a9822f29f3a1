import type { Server as HttpListener } from 'node:http'
import type { Database } from '@carteiro/database/connect'
import type { EventFollower } from '@carteiro/domain/events/follow'
import { type Actor, findKey, mayAct } from '@carteiro/domain/keys/find-key'
import type { Logger } from '@carteiro/runtime/logger'
import { Server, type Socket } from 'socket.io'
import { readSecret } from '../../plugins/authentication.ts'
import type { Report } from '../../report.ts'
import { tenantRoom } from './broadcast.ts'

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

export interface AcceptSockets {
  io: Server
  db: Database
  follower: EventFollower
  report: Report
  logger: Logger
}

/** Lets in who carries a key that may read, and puts the socket into its tenant's room. No token, no socket. */
export function acceptSockets({ io, db, follower, report, logger }: AcceptSockets): void {
  const actors = new WeakMap<Socket, Actor>()

  io.use((socket, next) => {
    authenticate(db, socket).then(
      async (actor) => {
        if (!actor)
          return next(refusal('INVALID_API_KEY', 'Send a living API key with the scope read as auth.token.'))
        // Followed before the socket is told that it is connected: nothing after that can be missed.
        await follower.follow(actor.tenantId)
        const unfollow = () => follower.unfollow(actor.tenantId)
        socket.conn.once('close', unfollow)
        if (socket.conn.readyState === 'closed') return unfollow()
        actors.set(socket, actor)
        next()
      },
      (error) => {
        logger.warn({ err: error }, 'a socket could not be authenticated')
        next(refusal('DATABASE_UNAVAILABLE', 'The database does not answer just now; connect again.'))
      },
    )
  })

  io.on('connection', (socket) => {
    const actor = actors.get(socket)
    if (!actor) return socket.disconnect(true)
    void socket.join(tenantRoom(actor.tenantId))
    report.connected()
    socket.on('disconnect', report.disconnected)
    return undefined
  })
}

async function authenticate(db: Database, socket: Socket): Promise<Actor | undefined> {
  const token: unknown = socket.handshake.auth.token
  const secret = typeof token === 'string' ? token : readSecret(socket.handshake.headers)
  if (secret === undefined) return undefined
  const actor = await findKey(db, secret)
  return actor && mayAct(actor, 'read') ? actor : undefined
}

/** Reaches the client as `connect_error` with `data` in the one error shape. */
const refusal = (code: string, message: string): Error =>
  Object.assign(new Error(message), { data: { error: { code, message } } })
