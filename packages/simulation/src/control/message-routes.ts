import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { chooseAccount, foretellDelivery } from './accounts.ts'
import { CONTENT_BODY_LIMIT, ContentBody, toContent } from './content-body.ts'
import type { ControlDependencies } from './control-dependencies.ts'
import { describeMessage, Message } from './describe-message.ts'
import { MessageId, Phone, PhoneParams, PushName } from './fields.ts'
import { findPhone, requirePhone } from './find-person.ts'

const WriteBody = ContentBody.and(
  z.object({
    /** The account; it may be left out while there is one. */
    to: Phone.optional(),
    /** How the customer is called from now on. */
    pushName: PushName.optional(),
    /** WhatsApp's id of the message; one that was used is the same message, sent again. */
    id: MessageId.optional(),
  }),
)

const Written = z.object({ id: z.string(), to: z.string(), delivery: z.enum(['delivered', 'queued']) })

/** Customers and accounts: `POST /customers/:phone/messages` writes to an account, `GET` lists what a phone got. */
export function addMessageRoutes(
  server: HttpServer,
  { whatsapp, written }: Pick<ControlDependencies, 'whatsapp' | 'written'>,
): void {
  server.post(
    '/customers/:phone/messages',
    {
      bodyLimit: CONTENT_BODY_LIMIT,
      schema: { params: PhoneParams, body: WriteBody, response: { 202: Written } },
    },
    async ({ params, body }, reply) => {
      const { to, pushName, id, ...content } = body
      const account = chooseAccount(whatsapp, to)
      if (params.phone === account.phone) throw new Problem('INVALID_TO', 'A phone cannot write to itself.')
      const { person, phone } = requirePhone(whatsapp, params.phone)
      if (pushName !== undefined) person.pushName = pushName
      const delivery = foretellDelivery(account)
      const message = await phone.write(account.phone, toContent(content), {
        pushName: person.pushName,
        ...(id !== undefined && { id }),
      })
      written.inc({ delivery })
      return reply.status(202).send({ id: message.id, to: account.phone, delivery })
    },
  )

  server.get(
    '/customers/:phone/messages',
    {
      schema: {
        params: PhoneParams,
        querystring: z.object({ id: z.string().min(1).max(200).optional() }),
        response: { 200: z.object({ items: z.array(Message) }) },
      },
    },
    async ({ params, query }) => {
      const device = findPhone(whatsapp, params.phone)
      // The server acknowledges a message before the phone has opened it.
      await device?.settled()
      const shown = device?.phone.shown(query.id === undefined ? {} : { id: query.id })
      return { items: (shown ?? []).filter(({ from }) => from !== params.phone).map(describeMessage) }
    },
  )
}
