import { randomBytes } from 'node:crypto'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { Counter } from '@carteiro/runtime/metrics'
import { z } from 'zod'
import { chooseAccount } from './choose-account.ts'
import type { CustomerMessage } from './customer-message.ts'
import type { Network } from './network.ts'
import type { ReceivedMessages } from './received-messages.ts'

export interface CustomerRoutesDependencies {
  network: Network
  received: ReceivedMessages
  /** Messages of customers, by `delivery`. */
  written: Counter<'delivery'>
}

const Phone = z
  .string()
  .regex(/^\+?\d{8,15}$/, 'must be a phone of 8 to 15 digits')
  .transform((phone) => phone.replace('+', ''))

const Params = z.object({ phone: Phone })

const WriteBody = z.object({
  text: z.string().min(1).max(65_536),
  to: Phone.optional(),
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
export function addCustomerRoutes(server: HttpServer, dependencies: CustomerRoutesDependencies): void {
  const { network, received, written } = dependencies

  server.post(
    '/customers/:phone/messages',
    { schema: { params: Params, body: WriteBody, response: { 202: Written } } },
    async (request, reply) => {
      const account = chooseAccount(network, request.body.to)
      const message = customerMessage(request.params.phone, request.body)
      if (message.from === account.phone) throw new Problem('INVALID_TO', 'A phone cannot write to itself.')
      const delivery = await account.deliver(message)
      written.inc({ delivery })
      if (delivery === 'full') throw new Problem('QUEUE_FULL', 'Too many messages wait for this account.')
      return reply.status(202).send({ id: message.id, to: account.phone, delivery })
    },
  )

  server.get(
    '/customers/:phone/messages',
    {
      schema: {
        params: Params,
        querystring: z.object({ id: z.string().min(1).optional() }),
        response: { 200: Received },
      },
    },
    async ({ params, query }) => ({ items: received.list(params.phone, query.id) }),
  )
}

function customerMessage(from: string, body: z.output<typeof WriteBody>): CustomerMessage {
  return {
    id: body.id ?? `3A${randomBytes(9).toString('hex').toUpperCase()}`,
    from,
    text: body.text,
    pushName: body.pushName ?? `Customer ${from.slice(-4)}`,
    writtenAtSeconds: Math.floor(Date.now() / 1000),
  }
}
