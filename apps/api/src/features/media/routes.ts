import type { MessageMedia } from '@carteiro/contracts/media'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { findMedia } from '@carteiro/domain/media/find-media'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { type MediaDependencies, sendMedia } from './send-media.ts'

const PATH = '/api/messages/:id/media'
const RETRY_AFTER_SECONDS = 5

const Bytes = z.unknown().meta({
  description: 'The bytes, under the type that was found in them',
  content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
})

type Asked = FastifyRequest & { params: { id: string } }

/** The files of messages. */
export async function mediaRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db'> & MediaDependencies,
): Promise<void> {
  const options = {
    onRequest: app.authenticate('read'),
    // Made below: Fastify's own would read all the bytes, to throw them away.
    exposeHeadRoute: false,
    schema: {
      tags: ['messages'],
      summary: 'The file of a message, or a part of it',
      description: 'Takes Range, If-Range and If-None-Match. HEAD gives the headers alone.',
      params: z.object({ id: z.uuid().toLowerCase() }),
      response: {
        200: Bytes,
        206: Bytes,
        404: ProblemBody,
        409: ProblemBody,
        410: ProblemBody,
        416: ProblemBody,
      },
    },
  }
  const send = async (asked: Asked, reply: FastifyReply) => {
    const { tenantId } = asked.actor
    const messageId = asked.params.id
    const media = requireReady(await findMedia(dependencies.db, { tenantId, messageId }), messageId)
    return sendMedia(dependencies, { media, tenantId, messageId }, asked, reply)
  }
  app.get(PATH, options, send)
  app.head(PATH, options, send)
}

/** @throws Problem that says why there is nothing to send */
function requireReady(media: MessageMedia | null | undefined, messageId: string): MessageMedia {
  if (media === undefined) throw new Problem('NOT_FOUND', `There is no message ${messageId}.`)
  if (media === null) throw new Problem('MEDIA_NOT_FOUND', `Message ${messageId} has no file.`)
  switch (media.state) {
    case 'ready':
      return media
    case 'pending':
      throw new Problem('MEDIA_PENDING', 'The file is not here yet; ask again later.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    case 'failed':
      throw new Problem(
        'MEDIA_FAILED',
        'The file could not be fetched, and will not be; see details.reason.',
        {
          details: { reason: media.reason },
        },
      )
  }
}
