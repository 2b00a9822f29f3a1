import { Problem } from '@carteiro/contracts/problem'
import type { FastifyReply } from 'fastify'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import { requirePhone } from './find-person.ts'

/** What a browser may show; whatever else is only kept. */
const SHOWN = /^(image\/(jpeg|png|webp|gif)|audio\/[\w.+-]+|video\/[\w.+-]+)(;|$)/

/** The file of a message that a phone shows. */
export async function sendFile(
  whatsapp: WhatsAppServer,
  { phone: digits, chat, id }: { phone: string; chat: string; id: string },
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { phone } = requirePhone(whatsapp, digits)
  const file = phone.shown({ chat, id }).at(-1)?.content.file
  if (!file) throw new Problem('MESSAGE_WITHOUT_MEDIA', `${id} in the chat with ${chat} has no file.`)
  const bytes = await phone.download(chat, id)
  const shown = SHOWN.test(file.mimetype)
  return reply
    .type(shown ? file.mimetype : 'application/octet-stream')
    .header('content-disposition', shown ? 'inline' : 'attachment')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'private, max-age=3600')
    .send(Buffer.from(bytes))
}
