import type { MessageMedia } from '@carteiro/contracts/media'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { type FoundMedia, findMedia } from '@carteiro/domain/media/find-media'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { storageKeyOf, uploadKeyOf } from '@carteiro/storage/keys'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { type FileDependencies, sendFile } from '../../files/send-file.ts'

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
  dependencies: Pick<Dependencies, 'db'> & FileDependencies,
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
    const found = await findMedia(dependencies.db, { tenantId, messageId })
    const file = { id: messageId, ...requireReady(found, messageId) }
    const uploadId = found?.uploadId ?? null
    const key =
      uploadId === null ? storageKeyOf({ tenantId, messageId }) : uploadKeyOf({ tenantId, uploadId })
    return sendFile(dependencies, { key, file, of: { tenantId, messageId } }, asked, reply)
  }
  app.get(PATH, options, send)
  app.head(PATH, options, send)
}

/** @throws Problem that says why there is nothing to send */
function requireReady(found: FoundMedia | undefined, messageId: string): MessageMedia {
  if (found === undefined) throw new Problem('NOT_FOUND', `There is no message ${messageId}.`)
  const { media } = found
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
