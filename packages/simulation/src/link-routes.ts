import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Network } from './network.ts'

const Link = z.object({
  state: z.enum(['up', 'cut']),
  connections: z.number(),
  accounts: z.array(z.object({ phone: z.string(), connections: z.number() })),
})

/** The line between broker and WhatsApp: `GET /link` tells its state, `POST /link/cut` and `/link/restore` set it. */
export function addLinkRoutes(server: HttpServer, network: Network): void {
  const schema = { response: { 200: Link } }

  server.get('/link', { schema }, async () => describeLink(network))

  server.post('/link/cut', { schema }, async () => {
    network.cut()
    return describeLink(network)
  })

  server.post('/link/restore', { schema }, async () => {
    network.restore()
    return describeLink(network)
  })
}

function describeLink(network: Network): z.output<typeof Link> {
  const accounts = network
    .accounts()
    .map((account) => ({ phone: account.phone, connections: account.connections() }))
  const connections = accounts.reduce((sum, account) => sum + account.connections, 0)
  return { state: network.state(), connections, accounts }
}
