import { CreateOutboundMessage } from '@carteiro/contracts/create-outbound-message'
import { OutboundMessage, OutboundMessageDetail } from '@carteiro/contracts/outbound-message'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { readOutboundMessage } from '@carteiro/domain/outbox/read'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { acceptedOr } from '../../outbound/accepted-or.ts'
import { withUploadType } from '../../outbound/with-upload-type.ts'
import { readRequest } from './read-request.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'queue' | 'notifier' | 'report'>

/** `/api/v1/outbound/messages`: messages are accepted here and sent by the worker. */
export async function outboundRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const allowedHosts = new Set(dependencies.config.MEDIA_ALLOWED_HOSTS)
  app.post(
    '/api/v1/outbound/messages',
    {
      onRequest: app.authenticate('send'),
      schema: {
        tags: ['outbound'],
        summary: 'Accept a message into the outbox',
        description:
          '201 when it is new, 200 when its idempotency key is known with the same content. What is sent stands in ' +
          'payloadJson, or flat in the body; docs/sending.md has every intent and its members.',
        body: CreateOutboundMessage,
        response: {
          200: OutboundMessage,
          201: OutboundMessage,
          404: ProblemBody,
          409: ProblemBody,
          410: ProblemBody,
          422: ProblemBody,
        },
      },
    },
    async (request, reply) => {
      const { actor, body } = request
      const typed = await withType(dependencies, actor.tenantId, body)
      const { request: asked, contentPath } = readRequest(typed, allowedHosts)
      const result = await queueMessage(dependencies, {
        ...asked,
        tenantId: actor.tenantId,
        maxAttempts: dependencies.config.OUTBOX_RETRY_MINUTES.length,
        actor: actor.name,
        requestId: request.id,
      })
      const { id, repeated } = acceptedOr(result, { instanceId: body.instanceId, contentPath })
      dependencies.report.messageAccepted({
        requestId: request.id,
        tenantId: actor.tenantId,
        messageId: id,
        repeated,
      })
      return reply.status(repeated ? 200 : 201).send(await read(dependencies, actor.tenantId, id))
    },
  )

  app.get(
    '/api/v1/outbound/messages/:id',
    {
      onRequest: app.authenticate('read'),
      schema: {
        tags: ['outbound'],
        summary: 'An outbound message, with its attempts',
        params: z.object({ id: z.uuid() }),
        response: { 200: OutboundMessageDetail, 404: ProblemBody },
      },
    },
    (request) => read(dependencies, request.actor.tenantId, request.params.id),
  )
}

/** The content stands in `payloadJson`, or flat. What is wrong about that is told when it is read. */
async function withType(
  { db }: Needs,
  tenantId: string,
  body: CreateOutboundMessage,
): Promise<CreateOutboundMessage> {
  const { payloadJson, ...flat } = body
  if (!payloadJson) return withUploadType(db, tenantId, body)
  if (flat.intent !== undefined) return body
  return { ...body, payloadJson: await withUploadType(db, tenantId, payloadJson) }
}

async function read({ db }: Needs, tenantId: string, id: string): Promise<OutboundMessageDetail> {
  const message = await readOutboundMessage(db, { tenantId, id })
  if (!message) throw new Problem('NOT_FOUND', `There is no outbound message ${id}.`)
  return message
}
