import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { listDeadLetters, redriveDeadLetters } from '@carteiro/queue/dead-letters'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const Page = z.object({
  cursor: z.coerce
    .number('is not a cursor')
    .int()
    .min(0)
    .optional()
    .describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

const DeadLetter = z.object({
  id: z.uuid(),
  kind: z.string(),
  instanceId: z.string(),
  chatKey: z.string(),
  providerMessageId: z.string().nullable(),
  error: z.string(),
  attempts: z.number().int(),
  at: z.iso.datetime(),
  envelope: z
    .record(z.string(), z.unknown())
    .describe(
      `The event as it came in; its kind is one of ${BrokerInboundEventSchema.options.map(({ shape }) => shape.kind.value).join(', ')}.`,
    ),
})

/** Events that could not be stored and were set aside: an operator sees why, and lets them be tried again. */
export async function deadLetterRoutes(
  app: HttpServer,
  { db, queue }: Pick<Dependencies, 'db' | 'queue'>,
): Promise<void> {
  app.get(
    '/api/v1/dead-letters',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        tags: ['dead letters'],
        summary: 'Events that were set aside, oldest first',
        querystring: Page,
        response: { 200: z.object({ items: z.array(DeadLetter), nextCursor: z.string().nullable() }) },
      },
    },
    async ({ actor, query }) => {
      const { items, next } = await listDeadLetters(db, {
        tenantId: actor.tenantId,
        after: query.cursor,
        limit: query.limit,
      })
      return { items, nextCursor: next === null ? null : String(next) }
    },
  )

  app.post(
    '/api/v1/dead-letters/:id/redrive',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        tags: ['dead letters'],
        summary: 'Put one back into its queue, to be tried anew',
        params: z.object({ id: z.uuid() }),
        response: { 200: z.object({ id: z.uuid(), status: z.literal('redriven') }), 404: ProblemBody },
      },
    },
    async ({ actor, params: { id } }) => {
      const redriven = await redriveDeadLetters({ db, queue }, { tenantId: actor.tenantId, id })
      if (redriven === 0) throw new Problem('NOT_FOUND', `There is no dead letter ${id}.`)
      return { id, status: 'redriven' as const }
    },
  )
}
