import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { tellProfile } from '../server/profile-stanza.ts'
import type { ControlDependencies } from './control-dependencies.ts'
import { Phone, PhoneParams } from './fields.ts'
import { namePerson } from './find-person.ts'

/** A person who wrote by LID shows an account the phone behind it. */
export function addProfileRoutes(server: HttpServer, { whatsapp }: ControlDependencies): void {
  server.post(
    '/customers/:phone/profile',
    { schema: { params: PhoneParams, body: z.strictObject({ to: Phone }), response: { 204: z.null() } } },
    async ({ params, body }, reply) => {
      tellProfile(whatsapp.world, namePerson(whatsapp, params.phone), namePerson(whatsapp, body.to))
      return reply.status(204).send(null)
    },
  )
}
