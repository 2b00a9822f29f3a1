import { Erasure } from '@carteiro/contracts/person'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { readErasure, requestErasure } from '@carteiro/domain/persons/request-erasure'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const PATH = '/api/contacts/:id/erase'
const params = z.object({ id: z.uuid().toLowerCase() })
const documented = (summary: string) => ({ tags: ['contacts'], summary, params })

/** Forgets a person who asks for it. */
export async function eraseRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.post(
    PATH,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Forget a contact: what it said and who it was is blanked or deleted, for good'),
        description: 'A worker begins within seconds. Asked again, it tells how it goes.',
        response: { 202: Erasure, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name }, params: { id: contactId }, id: requestId }, reply) => {
      const erasure = await requestErasure({ db }, { tenantId, contactId, actor: name, requestId })
      if (!erasure) throw new Problem('NOT_FOUND', `There is no contact ${contactId}.`)
      return reply.status(202).send(erasure)
    },
  )

  app.get(
    PATH,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('How the erasure of a contact goes, or went'),
        response: { 200: Erasure, 404: ProblemBody },
      },
    },
    async ({ actor: { tenantId }, params: { id: contactId } }) => {
      const erasure = await readErasure(db, { tenantId, contactId })
      if (!erasure) throw new Problem('NOT_FOUND', `Nobody asked to erase contact ${contactId}: POST does.`)
      return erasure
    },
  )
}
