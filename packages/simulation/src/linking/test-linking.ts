import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Test } from 'tap'
import { createPhone } from '../phone/create-phone.ts'
import { createWhatsAppServer, type WhatsAppServerOptions } from '../server/whatsapp-server.ts'
import { createArrivals } from '../test-arrivals.ts'
import type { LinkedDevice } from './create-linking.ts'
import {
  leavePreKeys,
  linkClient,
  newAuth,
  openClient,
  type TestAuth,
  untilClosed,
  untilOpen,
  untilQr,
} from './test-linked-device.ts'

/** A WhatsApp of a test's own with its linking, and clients that end with the test. */
export async function startLinking(t: Test, options: WhatsAppServerOptions = {}) {
  // libsignal prints whole sessions.
  for (const method of ['log', 'info', 'warn', 'error'] as const) t.capture(console, method)
  const ended = createArrivals<string>()
  const server = createWhatsAppServer({
    ...options,
    listener: { onClosed: (_device, reason) => ended.add(reason), ...options.listener },
    createPhone: (person, port) => createPhone({ person, pushName: person.pushName, port }),
  })
  const http = createServer()
  http.on('upgrade', server.accept)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  t.teardown(async () => {
    server.close()
    http.closeAllConnections()
    await once(http.close(), 'close')
  })
  return {
    url,
    /** Why connections ended. */
    ended,
    server,
    linking: server.linking,
    link: (phone: string) => linkClient(url, server, phone),
    async logIn(auth: TestAuth, linked: LinkedDevice) {
      await leavePreKeys(auth, server.persons.deviceOf(linked))
      await untilOpen(openClient(url, auth))
    },
    /** A client that waits to be linked, and its first code. */
    async unlinked(options = {}) {
      const auth = newAuth()
      const socket = openClient(url, auth, options)
      const closed = untilClosed(socket)
      return { auth, socket, closed, qr: await untilQr(socket) }
    },
  }
}
