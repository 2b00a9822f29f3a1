import { BrokerInstance, CreateBrokerInstance } from '@carteiro/contracts/broker-api'
import { Slug } from '@carteiro/contracts/identifier'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const byId = { tags: ['instances'], params: z.object({ id: Slug }), response: { 200: BrokerInstance } }

type Needed = Pick<Dependencies, 'instances' | 'acts'>

/** Making instances, looking at them, and what is done to their sessions. Whatever is repeated changes nothing. */
export function instanceRoutes(server: HttpServer, dependencies: Needed): void {
  addMakingAndLooking(server, dependencies)
  addActs(server, dependencies)
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

function addActs(server: HttpServer, { acts }: Needed): void {
  server.post('/instances/:id/connect', { schema: byId }, ({ params }) => acts.connect(params.id))
  server.post('/instances/:id/disconnect', { schema: byId }, ({ params }) => acts.disconnect(params.id))
  server.post('/instances/:id/restart', { schema: byId }, ({ params }) => acts.restart(params.id))
  server.post('/instances/:id/logout', { schema: byId }, ({ params }) => acts.logOut(params.id))
  server.delete(
    '/instances/:id',
    { schema: { tags: ['instances'], params: z.object({ id: Slug }), response: { 204: z.null() } } },
    async ({ params }, reply) => {
      await acts.delete(params.id)
      return reply.status(204).send(null)
    },
  )
}
