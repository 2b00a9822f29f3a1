import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { listAccounts } from './accounts.ts'
import type { WhatsAppServer } from './server/whatsapp-server.ts'

const Link = z.object({
  state: z.enum(['up', 'cut']),
  connections: z.number(),
  accounts: z.array(z.object({ phone: z.string(), connections: z.number() })),
})

/** The line between broker and WhatsApp: `GET /link` tells its state, `POST /link/cut` and `/link/restore` set it. */
export function addLinkRoutes(http: HttpServer, server: WhatsAppServer): void {
  const schema = { response: { 200: Link } }

  http.get('/link', { schema }, async () => describeLink(server))

  http.post('/link/cut', { schema }, async () => {
    server.cut()
    return describeLink(server)
  })

  http.post('/link/restore', { schema }, async () => {
    server.restore()
    return describeLink(server)
  })
}

function describeLink(server: WhatsAppServer): z.output<typeof Link> {
  const accounts = listAccounts(server)
  const connections = accounts.reduce((sum, account) => sum + account.connections, 0)
  return { state: server.up ? 'up' : 'cut', connections, accounts }
}
