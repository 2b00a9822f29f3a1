import type { Server as HttpListener } from 'node:http'
import { listen } from '@carteiro/database/listen'
import { followEvents } from '@carteiro/domain/events/follow'
import { EVENT_CHANNEL } from '@carteiro/domain/events/notify'
import type { Dependencies } from '../../dependencies.ts'
import { acceptSockets, createSocketServer } from './accept-sockets.ts'
import { createBroadcast } from './broadcast.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'lifecycle' | 'logger' | 'report'>

/** Socket.IO on the API's port: follows the event log and emits what is new to the tenants' sockets. */
export function startRealtime(dependencies: Needs, listener: HttpListener): void {
  const { config, db, lifecycle, logger, report } = dependencies
  const io = createSocketServer(listener)
  const broadcast = createBroadcast({ io, report })
  const follower = followEvents({ db, logger, onEvent: broadcast })
  acceptSockets({ io, db, follower, report, logger })

  const listening = listen([EVENT_CHANNEL], {
    url: config.DATABASE_URL,
    name: 'carteiro api',
    logger,
    signal: lifecycle.signal,
    onNotification: (_channel, tenantId) => follower.wake(tenantId),
    onListening: follower.wakeAll,
  })
  lifecycle.onStop('event listener', () => listening)
  lifecycle.onStop('event follower', follower.stop)
  lifecycle.onStop('socket server', () => io.close())
}
