import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { Counter } from '@carteiro/runtime/metrics'
import { z } from 'zod'
import { companionsOf, countConnected } from './accounts.ts'
import { chooseAccount } from './choose-account.ts'
import { PhoneNumber, phoneOf } from './person-phone.ts'
import { newMessageId } from './phone/write-message.ts'
import { MAILBOX_LIMIT } from './server/companion.ts'
import type { WhatsAppServer } from './server/whatsapp-server.ts'

export interface CustomerRoutesDependencies {
  server: WhatsAppServer
  /** Messages of customers, by `delivery`. */
  written: Counter<'delivery'>
}

const Params = z.object({ phone: PhoneNumber })

const WriteBody = z.object({
  text: z.string().min(1).max(65_536),
  to: PhoneNumber.optional(),
  pushName: z.string().min(1).max(100).optional(),
  /** WhatsApp's id of the message; one that was used is the same message, sent again. */
  id: z
    .string()
    .regex(/^[\w.:-]{1,128}$/, 'must be up to 128 letters, digits, "_", ".", ":" or "-"')
    .optional(),
})

const Written = z.object({ id: z.string(), to: z.string(), delivery: z.enum(['delivered', 'queued']) })

const Received = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      from: z.string(),
      text: z.string().nullable(),
      at: z.string(),
      stanzas: z.number(),
    }),
  ),
})

/** Customers with phones: `POST /customers/:phone/messages` writes to an account, `GET` lists what a phone got. */
export function addCustomerRoutes(http: HttpServer, { server, written }: CustomerRoutesDependencies): void {
  http.post(
    '/customers/:phone/messages',
    { schema: { params: Params, body: WriteBody, response: { 202: Written } } },
    async ({ params, body: { text, id = newMessageId(), pushName, to } }, reply) => {
      const account = chooseAccount(server, to)
      if (params.phone === account) throw new Problem('INVALID_TO', 'A phone cannot write to itself.')
      requireRoom(server, account)
      const customer = phoneOf(server, params.phone)
      await customer.write(account, { type: 'text', text }, { id, ...(pushName && { pushName }) })
      const delivery = isConnected(server, account) ? 'delivered' : 'queued'
      written.inc({ delivery })
      return reply.status(202).send({ id, to: account, delivery })
    },
  )

  http.get(
    '/customers/:phone/messages',
    {
      schema: {
        params: Params,
        querystring: z.object({ id: z.string().min(1).optional() }),
        response: { 200: Received },
      },
    },
    async ({ params, query }) => ({ items: listReceived(server, params.phone, query.id) }),
  )
}

const companionsAt = ({ persons }: WhatsAppServer, phone: string) => {
  const person = persons.find(phone)
  return person ? companionsOf(person) : []
}

const isConnected = (server: WhatsAppServer, account: string): boolean =>
  countConnected(companionsAt(server, account)) > 0

/** @throws Problem QUEUE_FULL */
function requireRoom(server: WhatsAppServer, account: string): void {
  if (companionsAt(server, account).every(({ mailbox }) => mailbox.size < MAILBOX_LIMIT)) return
  throw new Problem('QUEUE_FULL', 'Too many messages wait for this account.')
}

/** What others wrote; what is no text has none. Nobody comes to be by being asked for. */
function listReceived(
  { persons }: WhatsAppServer,
  number: string,
  id: string | undefined,
): z.output<typeof Received>['items'] {
  const person = persons.find(number)
  const phone = person && persons.phoneOf(person)?.phone
  return (phone?.shown(id === undefined ? {} : { id }) ?? [])
    .filter(({ from }) => from !== number)
    .map(({ id: shownId, from, content, at, stanzas }) => ({
      id: shownId,
      from,
      text: content.type === 'text' ? content.text : null,
      at: at.toISOString(),
      stanzas,
    }))
}
