import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { NewQueue, Queue, QueueChange } from '@carteiro/contracts/ticket'
import { deleteQueue } from '@carteiro/domain/queues/delete-queue'
import { listQueues, MAX_QUEUES } from '@carteiro/domain/queues/list-queues'
import { placeTickets } from '@carteiro/domain/queues/place-tickets'
import { changeQueue, createQueue, type PutQueueResult } from '@carteiro/domain/queues/put-queue'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const BASE = '/api/v1/queues'
const ONE = `${BASE}/:id`
const byId = z.object({ id: z.uuid() })

const documented = (summary: string) => ({ tags: ['queues'], summary })

/** Where tickets wait for somebody. */
export async function queueRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'notifier'>,
): Promise<void> {
  app.get(
    BASE,
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('Your queues, by name'),
        response: { 200: z.object({ items: z.array(Queue) }) },
      },
    },
    async ({ actor: { tenantId } }) => ({ items: await listQueues(dependencies.db, tenantId) }),
  )

  app.post(
    BASE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Make a queue; open tickets that are in none go to the default one'),
        body: NewQueue,
        response: { 201: Queue, 409: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name: actor }, body, id: requestId }, reply) => {
      const queue = writtenOf(await createQueue(dependencies, { ...body, tenantId, actor, requestId }))
      if (queue.isDefault) await placeTickets(dependencies, tenantId)
      return reply.status(201).send(queue)
    },
  )

  app.patch(
    ONE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Rename a queue, or make it the default one'),
        params: byId,
        body: QueueChange,
        response: { 200: Queue, 404: ProblemBody, 409: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name: actor }, params: { id }, body, id: requestId }) => {
      const queue = writtenOf(await changeQueue(dependencies, { ...body, id, tenantId, actor, requestId }))
      if (queue.isDefault) await placeTickets(dependencies, tenantId)
      return queue
    },
  )

  app.delete(
    ONE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Delete a queue that no open ticket is in'),
        params: byId,
        response: { 204: z.null(), 404: ProblemBody, 409: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name: actor }, params: { id }, id: requestId }, reply) => {
      const result = await deleteQueue(dependencies, { tenantId, id, actor, requestId })
      if (result === 'not_found') throw noQueue()
      if (result === 'in_use')
        throw new Problem('QUEUE_IN_USE', 'Open tickets are in this queue: move or close them first.')
      return reply.status(204).send(null)
    },
  )
}

const noQueue = () => new Problem('QUEUE_NOT_FOUND', 'There is no such queue.')

/** @throws Problem */
function writtenOf(result: PutQueueResult): Queue {
  switch (result.status) {
    case 'written':
      return result.queue
    case 'not_found':
      throw noQueue()
    case 'name_taken':
      throw new Problem('QUEUE_ALREADY_EXISTS', 'You have a queue of this name; choose another one.')
    case 'too_many':
      throw new Problem('TOO_MANY_QUEUES', `A tenant has ${MAX_QUEUES} queues at most; delete one first.`)
    default:
      throw result satisfies never
  }
}
