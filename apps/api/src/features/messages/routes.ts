import { MessageView } from '@carteiro/contracts/event'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { readMessage } from '@carteiro/domain/messages/read-message'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/** Single messages. */
export async function messageRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    '/api/messages/:id',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['messages'],
        summary: 'A message, as lists show it',
        params: z.object({ id: z.uuid() }),
        response: { 200: MessageView, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id } }) => {
      const message = await readMessage(db, { tenantId, id })
      if (!message) throw new Problem('NOT_FOUND', `There is no message ${id}.`)
      return message
    },
  )
}
