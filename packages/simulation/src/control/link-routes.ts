import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import { describeClients, listAccounts } from './accounts.ts'
import type { ControlDependencies } from './control-dependencies.ts'

const Link = z.object({
  state: z.enum(['up', 'cut']),
  connections: z.number(),
  accounts: z.array(z.object({ phone: z.string(), connections: z.number() })),
})

/** The line between broker and WhatsApp: `GET /link` tells its state, `POST /link/cut` and `/link/restore` set it. */
export function addLinkRoutes(
  server: HttpServer,
  { whatsapp, changes }: Pick<ControlDependencies, 'whatsapp' | 'changes'>,
): void {
  const schema = { response: { 200: Link } }

  server.get('/link', { schema }, async () => describeLink(whatsapp))

  server.post('/link/cut', { schema }, async () => {
    whatsapp.cut()
    changes.tellAll()
    return describeLink(whatsapp)
  })

  server.post('/link/restore', { schema }, async () => {
    whatsapp.restore()
    changes.tellAll()
    return describeLink(whatsapp)
  })
}

function describeLink(whatsapp: WhatsAppServer): z.output<typeof Link> {
  const accounts = listAccounts(whatsapp).map((person) => ({
    phone: person.phone,
    connections: describeClients(person).filter(({ connected }) => connected).length,
  }))
  const connections = accounts.reduce((sum, account) => sum + account.connections, 0)
  return { state: whatsapp.up ? 'up' : 'cut', connections, accounts }
}
