import { BrokerInstance, CreateBrokerInstance } from '@carteiro/contracts/broker-api'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const byId = { tags: ['instances'], params: z.object({ id: Slug }), response: { 200: BrokerInstance } }

type Needed = Pick<Dependencies, 'instances' | 'leases' | 'states' | 'settings' | 'meters' | 'report'>

/** Making instances, looking at them and connecting them. Whatever is repeated changes nothing. */
export function instanceRoutes(server: HttpServer, dependencies: Needed): void {
  addMakingAndLooking(server, dependencies)
  addConnecting(server, dependencies)
}

function addMakingAndLooking(server: HttpServer, { instances }: Needed): void {
  server.post(
    '/instances',
    { schema: { tags: ['instances'], body: CreateBrokerInstance, response: { 201: BrokerInstance } } },
    async (request, reply) => reply.status(201).send(await instances.create(request.body)),
  )

  server.get(
    '/instances',
    { schema: { tags: ['instances'], response: { 200: z.object({ instances: z.array(BrokerInstance) }) } } },
    async () => ({ instances: await instances.list() }),
  )

  server.get('/instances/:id', { schema: byId }, (request) => instances.get(request.params.id))
}

function addConnecting(
  server: HttpServer,
  { instances, leases, states, settings, meters, report }: Needed,
): void {
  server.post('/instances/:id/connect', { schema: byId }, async ({ params }) => {
    await leases.take(await instances.want(params.id, true))
    return await instances.get(params.id)
  })

  server.post('/instances/:id/disconnect', { schema: byId }, async ({ params }) => {
    await instances.want(params.id, false)
    await leases.giveUp(params.id, 'disconnected_on_request')
    return await instances.get(params.id)
  })

  server.delete(
    '/instances/:id',
    { schema: { tags: ['instances'], params: z.object({ id: Slug }), response: { 204: z.null() } } },
    async ({ params }, reply) => {
      await instances.want(params.id, false).catch(ignoreNotFound)
      await leases.giveUp(params.id, 'deleted')
      await instances.delete(params.id)
      for (const known of [states, settings, meters]) known.forget(params.id)
      report.instanceDeleted(params.id)
      return reply.status(204).send(null)
    },
  )
}

/** What is not there need not be deleted. */
function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Problem && error.code === 'INSTANCE_NOT_FOUND')) throw error
}
