import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BinaryNode, SocketConfig } from '@whiskeysockets/baileys'
import type { Test } from 'tap'
import { createArrivals } from '../test-arrivals.ts'
import { formatAddress } from './address.ts'
import { connectClient, type LinkedCredentials, linkCredentials } from './test-client.ts'
import { createWhatsAppServer, type WhatsAppServerOptions } from './whatsapp-server.ts'

/** A WhatsApp server of a test's own, with Baileys clients that are linked to it. */
export async function startTestServer(t: Test, options: WhatsAppServerOptions = {}) {
  // libsignal prints whole sessions.
  t.capture(console, 'info')
  t.capture(console, 'warn')
  const ended = createArrivals<string>()
  const server = createWhatsAppServer({
    ...options,
    listener: { onClosed: (_device, reason) => ended.add(reason), onError: (error) => t.fail(String(error)) },
  })
  const taken = createArrivals<TakenStanza>()
  const { take } = server.world
  server.world.take = (sender, stanza) => {
    take(sender, stanza)
    taken.add({ from: sender.person.phone, ...stanza })
  }
  const http = createServer()
  http.on('upgrade', server.accept)
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const url = `ws://127.0.0.1:${port}/ws/chat`
  const clients: { closed: Promise<unknown> }[] = []

  /** The test ends when this client has, too. */
  function adopt<Client extends { closed: Promise<unknown> }>(client: Client): Client {
    clients.push(client)
    return client
  }

  t.teardown(async () => {
    server.close()
    await Promise.all(clients.map(({ closed }) => closed))
    http.close()
  })
  return {
    server,
    url,
    /** Why connections ended, in order. */
    ended,
    /** What devices sent, once the server has worked on it. */
    taken,
    /** Connects a Baileys client. */
    connect: (credentials: LinkedCredentials, config: Partial<SocketConfig> = {}) =>
      adopt(connectClient(url, credentials, config)),
    adopt,
    /** The addresses of a person's devices by LID. */
    lidsOf: (phone: string) =>
      [...(server.persons.find(phone)?.devices.keys() ?? [])].map((n) => formatAddress(phone, 'lid', n)),
    link: (phone: string) => linkCredentials(server, phone),
  }
}

/** A stanza that the server took, and the phone of the person whose device sent it. */
export type TakenStanza = BinaryNode & { from: string }
