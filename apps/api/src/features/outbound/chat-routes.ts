import { DeliveryState } from '@carteiro/contracts/delivery'
import { IdempotencyKey, Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import { type ChatMessage, readChatMessage } from '@carteiro/domain/outbox/read-chat-message'
import { findTicketAddress } from '@carteiro/domain/tickets/find-ticket'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import type { JsonObject } from '../../json/json-value.ts'
import { acceptedOr } from '../../outbound/accepted-or.ts'
import { readIntent } from '../../outbound/read-intent.ts'
import { withUploadType } from '../../outbound/with-upload-type.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'queue' | 'notifier' | 'report'>

const CONTENT_PATH = 'body.payload'

const Payload = z
  .record(z.string(), z.unknown())
  .describe(
    'An intent and its members; without `intent` it is told by the members. `quotedMessageId` is the message that it answers.',
  )

const Answer = z
  .object({ payload: Payload, idempotencyKey: IdempotencyKey.optional() })
  .strict()
  .describe('The key may also be sent as Idempotency-Key.')

const AnswerTo = Answer.extend({ to: z.string().min(1).max(100) })

const Sent = z.object({
  queued: z.boolean(),
  ticketId: z.uuid(),
  messageId: z.uuid(),
  status: DeliveryState,
  externalId: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
})

const documented = (summary: string) => ({
  tags: ['outbound'],
  summary,
  description:
    'For a person who waits: refused while the instance is not connected (409) or its circuit is open (423), instead of being queued for later. A known key is answered first, with what became of its message.',
})
const answers = {
  202: Sent,
  404: ProblemBody,
  409: ProblemBody,
  410: ProblemBody,
  422: ProblemBody,
  423: ProblemBody,
  429: ProblemBody,
}

/** What a person writes in a chat: it goes through the outbox as everything else does, before campaigns. */
export async function chatRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  app.post(
    '/api/integrations/whatsapp/instances/:instanceId/messages',
    {
      onRequest: app.authenticate('send'),
      schema: {
        ...documented('Send to anybody from an instance'),
        params: z.object({ instanceId: Slug }),
        body: AnswerTo,
        response: answers,
      },
    },
    async (request, reply) => {
      const { instanceId } = request.params
      return reply.status(202).send(await send(dependencies, request, { ...request.body, instanceId }))
    },
  )

  app.post(
    '/api/tickets/:id/messages',
    {
      onRequest: app.authenticate('send'),
      schema: {
        ...documented('Answer in a ticket'),
        params: z.object({ id: z.uuid() }),
        body: Answer,
        response: answers,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const address = await findTicketAddress(dependencies.db, { tenantId: request.actor.tenantId, id })
      if (!address) throw new Problem('NOT_FOUND', `There is no ticket ${id}.`)
      return reply.status(202).send(await send(dependencies, request, { ...request.body, ...address }))
    },
  )
}

interface ChatSend {
  instanceId: string
  to: string
  payload: JsonObject
  idempotencyKey?: string | undefined
}

async function send(
  dependencies: Needs,
  { actor, headers, id: requestId }: FastifyRequest,
  { instanceId, to, payload, idempotencyKey = readKey(headers['idempotency-key']) }: ChatSend,
): Promise<ChatMessage> {
  if (idempotencyKey === undefined) {
    throw new Problem(
      'IDEMPOTENCY_KEY_REQUIRED',
      'Give an idempotencyKey of your own, so that a repeated request sends once.',
    )
  }
  const { tenantId } = actor
  const { MEDIA_ALLOWED_HOSTS, OUTBOX_RETRY_MINUTES } = dependencies.config
  const members = await withUploadType(dependencies.db, tenantId, payload)
  const intent = readIntent(members, CONTENT_PATH, new Set(MEDIA_ALLOWED_HOSTS))
  const result = await queueMessage(dependencies, {
    ...{ tenantId, instanceId, to, intent, idempotencyKey, requestId },
    templateCode: intent.intent === 'template' ? intent.templateCode : undefined,
    maxAttempts: OUTBOX_RETRY_MINUTES.length,
    priority: 0,
    atOnce: true,
    actor: actor.name,
  })
  const { id, repeated } = acceptedOr(result, { instanceId, contentPath: CONTENT_PATH })
  dependencies.report.messageAccepted({ requestId, tenantId, messageId: id, repeated })
  const message = await readChatMessage(dependencies.db, { tenantId, id })
  if (!message) throw new Problem('NOT_FOUND', `There is no outbound message ${id}.`)
  return message
}

const readKey = (header: string | string[] | undefined): string | undefined =>
  IdempotencyKey.safeParse(header).data
