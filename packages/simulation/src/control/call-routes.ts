import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { tellCall } from '../server/call-stanza.ts'
import type { ControlDependencies } from './control-dependencies.ts'
import { MessageId, Phone, PhoneParams } from './fields.ts'
import { namePerson } from './find-person.ts'

const CallBody = z.strictObject({
  to: Phone,
  event: z.enum(['offer', 'accept', 'reject', 'timeout', 'terminate']).default('offer'),
  /** One call has one id, whatever becomes of it. */
  id: MessageId.optional(),
  video: z.boolean().default(false),
})

/** A person calls an account, or something becomes of that call. */
export function addCallRoutes(server: HttpServer, { whatsapp }: ControlDependencies): void {
  server.post(
    '/customers/:phone/calls',
    { schema: { params: PhoneParams, body: CallBody, response: { 202: z.object({ id: z.string() }) } } },
    async ({ params, body: { to, event, id = whatsapp.world.nextId(), video } }, reply) => {
      const call = { id, from: namePerson(whatsapp, params.phone), to: namePerson(whatsapp, to), video }
      tellCall(whatsapp.world, call, event)
      return reply.status(202).send({ id })
    },
  )
}
