import { BrokerInstance } from '@carteiro/contracts/broker-api'
import { BrokerMessageStatus } from '@carteiro/contracts/broker-metrics'
import { Slug } from '@carteiro/contracts/identifier'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readMessageStatus } from './message-status.ts'

/** How an instance stands; with `?id=`, what became of one of its messages. */
export function statusRoute(
  server: HttpServer,
  { instances, connection }: Pick<Dependencies, 'instances' | 'connection'>,
): void {
  server.get(
    '/instances/:id/status',
    {
      schema: {
        tags: ['instances'],
        params: z.object({ id: Slug }),
        querystring: z.object({ id: z.string().min(1).max(256).optional() }),
        response: { 200: z.union([BrokerInstance, BrokerMessageStatus]) },
      },
    },
    async ({ params, query }) => {
      const instance = await instances.get(params.id)
      return query.id === undefined ? instance : await readMessageStatus(connection.db, params.id, query.id)
    },
  )
}
