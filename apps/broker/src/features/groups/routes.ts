import { BrokerGroups } from '@carteiro/contracts/broker-groups'
import { Slug } from '@carteiro/contracts/identifier'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/** The groups of an instance, from what is kept of them. */
export function groupRoutes(
  server: HttpServer,
  { groups, connected }: Pick<Dependencies, 'groups' | 'connected'>,
): void {
  server.get(
    '/instances/:id/groups',
    { schema: { tags: ['groups'], params: z.object({ id: Slug }), response: { 200: BrokerGroups } } },
    async ({ params }) => {
      await connected(params.id)
      return { groups: await groups.list(params.id) }
    },
  )
}
