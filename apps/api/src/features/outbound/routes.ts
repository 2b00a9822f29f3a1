import type { Intent } from '@carteiro/contracts/intent'
import {
  CreateOutboundMessage,
  OutboundMessage,
  OutboundMessageDetail,
} from '@carteiro/contracts/outbound-message'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { type QueueMessageResult, queueMessage } from '@carteiro/domain/outbox/queue-message'
import { readOutboundMessage } from '@carteiro/domain/outbox/read'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

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
        maxAttempts: dependencies.config.OUTBOX_RETRY_MINUTES.length,
        actor: actor.name,
        requestId: request.id,
      })
      const { id, repeated } = acceptedOr(result, body)
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

function acceptedOr(
  result: QueueMessageResult,
  body: CreateOutboundMessage,
): { id: string; repeated: boolean } {
  switch (result.status) {
    case 'queued':
      return { id: result.id, repeated: false }
    case 'repeated':
      return { id: result.id, repeated: true }
    case 'key_mismatch':
      throw new Problem(
        'IDEMPOTENCY_KEY_MISMATCH',
        'This idempotencyKey was used for another message; choose a new one.',
        { details: { messageId: result.id } },
      )
    case 'invalid_to':
      throw new Problem(
        'INVALID_TO',
        'to names nobody: give 8 to 15 digits with the country code, or a WhatsApp address.',
        { details: [{ path: 'body.to', message: 'is not a phone number or WhatsApp address' }] },
      )
    case 'instance_not_found':
      throw new Problem('INSTANCE_NOT_FOUND', `There is no instance ${body.instanceId}.`, {
        details: { instanceId: body.instanceId },
      })
    case 'instance_required':
      throw new Problem('INSTANCE_REQUIRED', instanceRequired(result.instanceIds), {
        details: { instanceIds: result.instanceIds },
      })
    default:
      return result satisfies never
  }
}

const instanceRequired = (instanceIds: string[]): string =>
  instanceIds.length === 0
    ? 'You have no instance yet: create and connect one first.'
    : 'You have several instances: name one as instanceId.'
