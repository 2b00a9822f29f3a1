import type { Server as HttpListener } from 'node:http'
import type { Dependencies } from '../../dependencies.ts'
import { acceptSockets, createSocketServer } from './accept-sockets.ts'

type Needs = Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'report' | 'live'>

/** Socket.IO on the API's port: the event log to those who are in its rooms. */
export function startRealtime(dependencies: Needs, listener: HttpListener): void {
  const { lifecycle, live } = dependencies
  const io = createSocketServer(listener)
  acceptSockets({ ...dependencies, ...live, io })
  lifecycle.onStop('socket server', () => {
    live.hub.stop()
    return io.close()
  })
}
