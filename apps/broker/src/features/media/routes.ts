import { MediaDownloadBody } from '@carteiro/contracts/broker-api'
import { Slug } from '@carteiro/contracts/identifier'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/**
 * Where the bytes of a message's media are fetched, opened and proven. A file that proves wrong after the answer began
 * ends the connection, never the answer.
 */
export function mediaRoutes(
  server: HttpServer,
  { media, instances }: Pick<Dependencies, 'media' | 'instances'>,
): void {
  server.post(
    '/instances/:id/media/download',
    { schema: { tags: ['media'], params: z.object({ id: Slug }), body: MediaDownloadBody } },
    async ({ params, body: wanted }, reply) => {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const { id: instanceId } = await instances.get(params.id)
      const { body, mimetype } = await media.open({ instanceId, wanted, signal: gone.signal })
      // The sender chose the type: nobody shall guess another one from the bytes.
      reply.header('x-content-type-options', 'nosniff').type(mimetype ?? 'application/octet-stream')
      return reply.send(body)
    },
  )
}
