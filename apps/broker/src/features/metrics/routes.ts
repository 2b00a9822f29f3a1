import { InstanceMetrics } from '@carteiro/contracts/broker-metrics'
import { Slug } from '@carteiro/contracts/identifier'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/** What this process counted of an instance, for a dashboard; /metrics is Prometheus\u2019. */
export function metricsRoutes(
  server: HttpServer,
  { instances, meters, sender }: Pick<Dependencies, 'instances' | 'meters' | 'sender'>,
): void {
  server.get(
    '/instances/:id/metrics',
    { schema: { tags: ['instances'], params: z.object({ id: Slug }), response: { 200: InstanceMetrics } } },
    async ({ params }) => {
      const { id } = await instances.get(params.id)
      return { ...meters.metrics(id), queue: sender.load(id) }
    },
  )
}
