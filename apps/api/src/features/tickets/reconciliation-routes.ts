import { Reconciliation } from '@carteiro/contracts/ticket'
import { readReconciliation, requestReconciliation } from '@carteiro/domain/timeline/reconciliation'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { Dependencies } from '../../dependencies.ts'

const BASE = '/api/v1/timeline/reconciliation'
const documented = (summary: string) => ({ tags: ['tickets'], summary })

/** Compares what tickets say of when each side wrote with their messages: each night, and when it is asked for. */
export async function reconciliationRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    BASE,
    {
      onRequest: app.authenticate('admin'),
      schema: { ...documented('How the last comparison went, or goes'), response: { 200: Reconciliation } },
    },
    ({ actor }) => readReconciliation(db, actor.tenantId),
  )

  app.post(
    BASE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented(
          'Compare your tickets with their messages, and repair them; a worker begins within a minute',
        ),
        response: { 202: Reconciliation },
      },
    },
    async ({ actor: { tenantId, name }, id: requestId }, reply) =>
      reply.status(202).send(await requestReconciliation({ db }, { tenantId, actor: name, requestId })),
  )
}
