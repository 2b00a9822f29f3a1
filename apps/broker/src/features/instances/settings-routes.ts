import { BrokerInstance, ChangeBrokerInstance } from '@carteiro/contracts/broker-api'
import { Slug } from '@carteiro/contracts/identifier'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/** Changes how an instance is treated; its session goes on as it is. */
export function settingsRoutes(
  server: HttpServer,
  { instances, settings }: Pick<Dependencies, 'instances' | 'settings'>,
): void {
  server.patch(
    '/instances/:id',
    {
      schema: {
        tags: ['instances'],
        params: z.object({ id: Slug }),
        body: ChangeBrokerInstance,
        response: { 200: BrokerInstance },
      },
    },
    async ({ params, body }) => {
      await settings.change(params.id, body)
      return await instances.get(params.id)
    },
  )
}
