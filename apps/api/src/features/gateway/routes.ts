import { Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { readNewestSeq } from '@carteiro/domain/gateway/readers'
import { listInstances } from '@carteiro/domain/instances/find-instance'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import { reportRoutes } from './report-routes.ts'
import { createStreams, type StreamNeeds } from './stream.ts'

/** Of one stream. */
const MAX_INSTANCES = 100
const MAX_SEQ_DIGITS = 15

/** Written in a URL or a header. */
const SeqText = z
  .string()
  .regex(new RegExp(`^\\d{1,${MAX_SEQ_DIGITS}}$`), 'must be the id of an event that you were given')
  .transform(Number)

const InstanceIds = z
  .union([Slug, z.array(Slug)])
  .transform((given) => [...new Set([given].flat())])
  .refine((ids) => ids.length <= MAX_INSTANCES, `at most ${MAX_INSTANCES} of them`)

/** Messages for brokers that cannot be called: they ask for them, and report what became of them. */
export async function gatewayRoutes(app: HttpServer, dependencies: StreamNeeds): Promise<void> {
  const { db } = dependencies
  const streams = createStreams(dependencies)

  /** @throws Problem for an instance that is not the tenant's, or is not for adapters */
  async function requireInstances(tenantId: string, ids: string[]): Promise<void> {
    const known = new Map((await listInstances(db, tenantId)).map((instance) => [instance.id, instance]))
    for (const id of ids) {
      const instance = known.get(id)
      const details = { instanceId: id }
      if (!instance) throw new Problem('INSTANCE_NOT_FOUND', `There is no instance ${id}.`, { details })
      if (instance.delivery === 'pull') continue
      const mend = 'Set its delivery to pull, and its messages are kept for the adapter.'
      throw new Problem('INSTANCE_NOT_PULLED', `The messages of ${id} are sent by a broker. ${mend}`, {
        details,
      })
    }
  }

  /** @throws Problem for a number that no stream was given: whoever has it has it from elsewhere */
  async function requireReached(lastSeq: number): Promise<void> {
    if (lastSeq === 0 || lastSeq <= (await readNewestSeq(db))) return
    const mend = 'Connect without Last-Event-ID: all that is not confirmed is offered then.'
    throw new Problem('SEQ_NOT_REACHED', `There is no event ${lastSeq} yet. ${mend}`)
  }

  app.get(
    '/messages/stream',
    {
      config: { isStream: true },
      onRequest: app.authenticate('gateway'),
      schema: {
        tags: ['gateway'],
        summary:
          'Messages to send, as they become due (server-sent events); what was offered after Last-Event-ID and is not settled comes first',
        querystring: z.object({
          instanceId: InstanceIds.describe('an instance that you serve; repeated for several'),
          lastEventId: SeqText.optional(),
        }),
        headers: z.looseObject({ 'last-event-id': SeqText.optional() }),
        response: { 404: ProblemBody, 409: ProblemBody, 429: ProblemBody },
      },
    },
    async ({ actor, query: { instanceId: instanceIds, lastEventId }, headers }, reply) => {
      const lastSeq = headers['last-event-id'] ?? lastEventId ?? 0
      await requireInstances(actor.tenantId, instanceIds)
      await requireReached(lastSeq)
      await streams.open({ actor, reply, instanceIds, lastSeq })
    },
  )

  reportRoutes(app, dependencies)
}
