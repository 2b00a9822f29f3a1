import { CheckedRecipients, CheckRecipients } from '@carteiro/contracts/broker-exists'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/** Whether recipients can be written to. A single one that names nobody is refused; among several it is told. */
export function existsRoutes(
  server: HttpServer,
  { recipients, connected }: Pick<Dependencies, 'recipients' | 'connected'>,
): void {
  server.post(
    '/instances/:id/exists',
    {
      schema: {
        tags: ['recipients'],
        params: z.object({ id: Slug }),
        body: CheckRecipients,
        response: { 200: CheckedRecipients },
      },
    },
    async ({ params, body }) => {
      const socket = await connected(params.id)
      const inputs = body.numbers ?? (body.to === undefined ? [] : [body.to])
      const results = await recipients.check(params.id, socket, inputs)
      const [first] = results
      if (!first || (body.to !== undefined && first.reason === 'invalid_to')) {
        throw new Problem('INVALID_TO', 'The recipient is no phone number, user, LID or group.')
      }
      const { input: _input, ...facts } = first
      return { ...facts, results }
    },
  )
}
