import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { ArmedFault } from './armory.ts'
import type { Faults } from './create-faults.ts'
import { Fault, FaultTarget } from './fault.ts'

const Armed = z.object({
  id: z.string(),
  fault: z.record(z.string(), z.unknown()),
  phone: z.string().nullable(),
  device: z.number().nullable(),
  left: z.number().nullable(),
})

const Body = FaultTarget.extend({ fault: Fault })

/** `POST /faults` breaks something, `GET` lists what waits or lasts, `DELETE` ends one or all. */
export function addFaultRoutes(server: HttpServer, faults: Faults): void {
  server.post(
    '/faults',
    {
      schema: {
        body: Body,
        response: { 202: z.object({ connections: z.number(), armed: Armed.nullable() }) },
      },
    },
    async ({ body: { fault, ...target } }, reply) => {
      const { connections, armed } = faults.strike(fault, target)
      return reply.status(202).send({ connections, armed: armed ? describe(armed) : null })
    },
  )

  server.get('/faults', { schema: { response: { 200: z.object({ items: z.array(Armed) }) } } }, async () => ({
    items: faults.armed().map(describe),
  }))

  server.delete('/faults', { schema: { response: { 204: z.null() } } }, async (_request, reply) => {
    faults.endAll()
    return reply.status(204).send(null)
  })

  server.delete(
    '/faults/:id',
    { schema: { params: z.object({ id: z.string().max(40) }), response: { 204: z.null() } } },
    async ({ params: { id } }, reply) => {
      if (!faults.end(id)) {
        throw new Problem('NOT_FOUND', 'No such fault waits; GET /faults lists those that do.')
      }
      return reply.status(204).send(null)
    },
  )
}

function describe({ id, fault, target, left }: ArmedFault): z.output<typeof Armed> {
  return { id, fault: { ...fault }, phone: target.phone ?? null, device: target.device ?? null, left }
}
