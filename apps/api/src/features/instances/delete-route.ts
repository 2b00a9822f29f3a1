import { Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { deleteInstance, hasHistory } from '@carteiro/domain/instances/delete-instance'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { orProblem, requireBroker } from './broker.ts'
import { findOwn, instanceNotFound } from './find-own.ts'

/** Deletes an instance that was never used, here and at the broker; one with tickets stays, and is logged out. */
export async function deleteRoute(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'broker' | 'config'>,
): Promise<void> {
  const { db } = dependencies
  app.delete(
    '/api/integrations/whatsapp/instances/:id',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        tags: ['instances'],
        summary: 'Delete an instance that has neither tickets nor messages',
        params: z.object({ id: Slug }),
        response: { 204: z.null(), 404: ProblemBody, 409: ProblemBody, 503: ProblemBody },
      },
    },
    async ({ actor, params: { id }, id: requestId }, reply) => {
      const own = { tenantId: actor.tenantId, id }
      const { transport, delivery } = await findOwn(db, actor.tenantId, id)
      if (await hasHistory(db, own)) throw inUse(id)
      // The broker first: a row that is gone could no longer say whose session is left there.
      if (transport === 'baileys' && delivery === 'push') {
        orProblem(await requireBroker(dependencies).deleteInstance(id, { requestId }))
      }
      const { status } = await deleteInstance(db, { ...own, actor: actor.name, requestId })
      if (status === 'has_history') throw inUse(id)
      if (status === 'not_found') throw instanceNotFound(id)
      return reply.status(204).send(null)
    },
  )
}

const inUse = (id: string) =>
  new Problem(
    'IMPOSSIBLE_TRANSITION',
    `${id} has tickets or messages, which name it: log it out instead of deleting it.`,
    { details: { instanceId: id } },
  )
