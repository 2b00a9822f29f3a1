import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createPhone } from '@carteiro/simulation/phone/create-phone'
import { connectClient, linkCredentials, type TestClient } from '@carteiro/simulation/server/test-client'
import { createWhatsAppServer, type WhatsAppServer } from '@carteiro/simulation/server/whatsapp-server'
import { percentiles } from './roundtrip/latencies.ts'

const CUSTOMERS = 20

/**
 * The simulated WhatsApp: how long accounts that are linked take to open, all at once and with their Baileys in this
 * process, and the server's own time for a message: from the stanza, opened, to its ack and every copy, sealed.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { accounts: { type: 'string', default: '100' }, count: { type: 'string', default: '300' } },
  })
  const accounts = Number(values.accounts)
  // libsignal prints whole sessions.
  console.info = () => undefined
  const server = createWhatsAppServer({
    createPhone: (person, port) => createPhone({ person, port, pushName: person.pushName }),
  })
  const http = createServer().on('upgrade', server.accept)
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const linked = await Promise.all(
    Array.from({ length: accounts }, (_, n) => linkCredentials(server, phone('9', n))),
  )

  const startedAt = performance.now()
  const clients = linked.map((credentials) => connectClient(`ws://127.0.0.1:${port}/ws/chat`, credentials))
  await Promise.all(clients.map(({ opened }) => opened))
  const openedMs = Math.round(performance.now() - startedAt)
  const own = await measureMessages(server, clients, Number(values.count))

  server.close()
  http.close()
  report({ accounts, openedMs, own })
  return 0
}

/** Sends texts, one at a time, and returns what each took the server, in milliseconds. */
async function measureMessages(
  server: WhatsAppServer,
  clients: TestClient[],
  count: number,
): Promise<number[]> {
  const own: number[] = []
  const { take } = server.world
  server.world.take = (sender, stanza) => {
    const startedAt = performance.now()
    take(sender, stanza)
    if (stanza.tag === 'message' && sender.companion) own.push(performance.now() - startedAt)
  }
  for (let n = 0; n < count; n++) {
    const client = clients[n % clients.length]
    if (!client) break
    await client.text(`${phone('8', n % CUSTOMERS)}@s.whatsapp.net`, `text ${n}`, `BENCH${n}`)
    await client.acks.until((id) => id === `BENCH${n}`)
  }
  return own
}

function report({ accounts, openedMs, own }: { accounts: number; openedMs: number; own: number[] }): void {
  const message = percentiles(own)
  console.table({ 'message and ack, own time': message })
  console.log(`${accounts} accounts open in ${openedMs} ms`)
  console.log(
    `BENCH ${JSON.stringify({
      name: 'simulator',
      unit: 'ms (p50 of the server’s own time for a message)',
      ours: message.p50,
      latencyMs: message,
      notes: { accounts, openedMs, messages: own.length },
    })}`,
  )
}

const phone = (block: string, n: number): string => `551198${block}${String(n).padStart(6, '0')}`
