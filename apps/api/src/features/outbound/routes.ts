import type { Intent } from '@carteiro/contracts/intent'
import {
  CreateOutboundMessage,
  OutboundMessage,
  OutboundMessageDetail,
} from '@carteiro/contracts/outbound-message'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { readOutboundMessage } from '@carteiro/domain/outbox/read'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { requireAccepted } from './accepted.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'queue' | 'notifier' | 'report'>

/** `/api/v1/outbound/messages`: messages are accepted here and sent by the worker. */
export async function outboundRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  app.post(
    '/api/v1/outbound/messages',
    {
      onRequest: app.authenticate('send'),
      schema: {
        tags: ['outbound'],
        summary: 'Accept a message into the outbox',
        description: '201 when it is new, 200 when its idempotency key is known with the same content.',
        body: CreateOutboundMessage,
        response: { 200: OutboundMessage, 201: OutboundMessage, 409: ProblemBody, 422: ProblemBody },
      },
    },
    async (request, reply) => {
      const { actor, body } = request
      const result = await queueMessage(dependencies, {
        tenantId: actor.tenantId,
        instanceId: body.instanceId,
        to: body.to,
        intent: intentOf(body),
        idempotencyKey: body.idempotencyKey,
        dossierId: body.dossierId,
        purpose: body.purpose,
        maxAttempts: dependencies.config.OUTBOX_RETRY_MINUTES.length,
        actor: actor.name,
        requestId: request.id,
      })
      const { id, repeated } = requireAccepted(result, body)
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

async function read({ db }: Needs, tenantId: string, id: string): Promise<OutboundMessageDetail> {
  const message = await readOutboundMessage(db, { tenantId, id })
  if (!message) throw new Problem('NOT_FOUND', `There is no outbound message ${id}.`)
  return message
}

const intentOf = (body: CreateOutboundMessage): Intent => ({
  intent: 'text',
  text: body.text ?? body.payloadJson?.text ?? '',
})
