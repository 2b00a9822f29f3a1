import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { CONTENT_BODY_LIMIT, ContentBody, toContent } from './content-body.ts'
import type { ControlDependencies } from './control-dependencies.ts'
import { ChatMessage, describeChatMessage } from './describe-message.ts'
import { ChatParams, MessageId, PhoneParams, PushName } from './fields.ts'
import { findPhone, namePerson, requirePhone } from './find-person.ts'
import { listChats, readersOf } from './list-chats.ts'
import { sendFile } from './send-file.ts'

const WriteBody = ContentBody.and(z.object({ pushName: PushName.optional(), id: MessageId.optional() }))
const Written = z.object({ id: z.string(), to: z.string() })
const Marked = z.object({ ids: z.array(MessageId).max(1_000).exactOptional() }).nullish()

const ChatFacts = z.object({
  chat: z.string(),
  kind: z.enum(['person', 'group']),
  /** The other person's name, or the group's subject. */
  name: z.string(),
  unread: z.number(),
  /** Phones of those who type in it just now. */
  typing: z.array(z.string()),
  last: ChatMessage.optional(),
})

const Page = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) })

/** A person's chats, with whomever: read them, write into them. */
export function addChatRoutes(server: HttpServer, { whatsapp, changes }: ControlDependencies): void {
  server.get(
    '/customers/:phone/chats',
    { schema: { params: PhoneParams, response: { 200: z.object({ items: z.array(ChatFacts) }) } } },
    async ({ params }) => ({ items: listChats(whatsapp, params.phone) }),
  )

  server.get(
    '/customers/:phone/chats/:chat/messages',
    {
      schema: {
        params: ChatParams,
        querystring: Page,
        response: { 200: z.object({ items: z.array(ChatMessage) }) },
      },
    },
    async ({ params, query }) => {
      const { phone, chat } = params
      const readers = readersOf(whatsapp, phone, chat)
      const shown = findPhone(whatsapp, phone)?.phone.shown({ chat }) ?? []
      return {
        items: shown.slice(-query.limit).map((message) => describeChatMessage(message, phone, readers)),
      }
    },
  )

  server.post(
    '/customers/:phone/chats/:chat/messages',
    {
      bodyLimit: CONTENT_BODY_LIMIT,
      schema: { params: ChatParams, body: WriteBody, response: { 202: Written } },
    },
    async ({ params, body }, reply) => {
      const { pushName, id, ...content } = body
      const { person, phone } = requirePhone(whatsapp, params.phone)
      requireOther(whatsapp, params)
      if (pushName !== undefined) person.pushName = pushName
      const message = await phone.write(params.chat, toContent(content), {
        pushName: person.pushName,
        ...(id !== undefined && { id }),
      })
      return reply.status(202).send({ id: message.id, to: params.chat })
    },
  )

  for (const [path, mark] of [
    ['read', 'read'],
    ['played', 'play'],
  ] as const) {
    server.post(
      `/customers/:phone/chats/:chat/${path}`,
      { schema: { params: ChatParams, body: Marked, response: { 204: z.null() } } },
      async ({ params, body }, reply) => {
        requirePhone(whatsapp, params.phone).phone[mark](params.chat, body?.ids)
        changes.tell(params.phone)
        return reply.status(204).send(null)
      },
    )
  }

  server.post(
    '/customers/:phone/chats/:chat/typing',
    { schema: { params: ChatParams, body: z.object({ typing: z.boolean() }), response: { 204: z.null() } } },
    async ({ params, body }, reply) => {
      requirePhone(whatsapp, params.phone).phone.setTyping(params.chat, body.typing)
      return reply.status(204).send(null)
    },
  )

  server.get(
    '/customers/:phone/chats/:chat/messages/:id/file',
    { schema: { params: ChatParams.extend({ id: MessageId }) } },
    async ({ params }, reply) => await sendFile(whatsapp, params, reply),
  )
}

/** @throws Problem when there is nobody in this chat to write to */
function requireOther(
  whatsapp: ControlDependencies['whatsapp'],
  { phone, chat }: z.output<typeof ChatParams>,
): void {
  if (chat === phone) throw new Problem('INVALID_TO', 'A phone cannot write to itself.')
  if (!chat.includes('@')) {
    namePerson(whatsapp, chat)
    return
  }
  if (whatsapp.groups.find(chat)?.members.has(phone)) return
  throw new Problem('INVALID_TO', `${phone} is in no group ${chat}. GET /groups lists the groups.`)
}
