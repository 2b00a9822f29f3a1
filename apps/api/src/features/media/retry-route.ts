import { MessageMedia } from '@carteiro/contracts/media'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { type RetryResult, retryDownload } from '@carteiro/domain/media/retry-download'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

/** Lets a file that could not be fetched be fetched again. */
export async function mediaRetryRoute(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'notifier'>,
): Promise<void> {
  app.post(
    '/api/messages/:id/media/retry',
    {
      onRequest: app.authenticate('send'),
      schema: {
        tags: ['messages'],
        summary: 'Fetch a file again that could not be fetched',
        description:
          '202 when a worker tries it now, 200 when it is there. The event messages.updated tells how it went.',
        params: z.object({ id: z.uuid().toLowerCase() }),
        response: { 200: MessageMedia, 202: MessageMedia, 404: ProblemBody, 409: ProblemBody },
      },
    },
    async ({ actor: { tenantId, name }, params: { id: messageId }, id: requestId }, reply) => {
      const result = await retryDownload(dependencies, { tenantId, messageId, actor: name, requestId })
      const isReady = result.status === 'ready'
      return reply.status(isReady ? 200 : 202).send(acceptedOf(result, messageId))
    },
  )
}

/** @throws Problem that says why it cannot be fetched */
function acceptedOf(result: RetryResult, messageId: string): MessageMedia {
  switch (result.status) {
    case 'ready':
    case 'retried':
      return result.media
    case 'not_found':
      throw new Problem('NOT_FOUND', `There is no message ${messageId}.`)
    case 'no_file':
      throw new Problem('MEDIA_NOT_FOUND', `Message ${messageId} has no file.`)
    case 'no_source':
      throw new Problem(
        'IMPOSSIBLE_TRANSITION',
        'Nothing tells where this file is: ask the customer to send it again.',
        { details: { reason: result.media.reason ?? 'no_source' } },
      )
    default:
      return result satisfies never
  }
}
