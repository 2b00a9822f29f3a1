import { BrokerOutboundResponseSchema, MAX_SEND_BODY_BYTES } from '@carteiro/contracts/broker-send'
import { IdempotencyKey, Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import { newId } from '@carteiro/database/new-id'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readOutboundMessage } from './read-outbound-message.ts'
import { toProblem } from './to-problem.ts'

/** Despite its name, `send-text` takes every type; the others are what callers in the field use. */
const DOORS = ['send-text', 'messages', 'send-media', 'send-poll'] as const

const Key = IdempotencyKey.optional()

/** Read in every spelling of the field, by readOutboundMessage; here only for the documentation. */
const Body = z.looseObject({}).meta({
  description:
    'A message of any type: to, type (text, image, video, audio, document, sticker, location, contact, poll, ' +
    'reaction, template) and its members, as docs/broker.md lists them.',
  examples: [
    { to: '+5511987654321', text: 'Olá!' },
    { to: '+5511987654321', type: 'image', mediaUrl: 'https://example.com/a.png', caption: 'Look' },
  ],
})

/** The doors to send a message by. A repeated `Idempotency-Key` gets its first answer. */
export function sendingRoutes(
  server: HttpServer,
  { sender, instances }: Pick<Dependencies, 'sender' | 'instances'>,
): void {
  for (const door of DOORS) {
    server.post(
      `/instances/:id/${door}`,
      {
        bodyLimit: MAX_SEND_BODY_BYTES,
        schema: {
          tags: ['sending'],
          params: z.object({ id: Slug }),
          headers: z.object({ 'idempotency-key': Key }).loose(),
          body: Body,
          response: { 200: BrokerOutboundResponseSchema },
        },
      },
      async (request, reply) => {
        const instanceId = request.params.id
        const message = readOutboundMessage(request.body, instanceId)
        const idempotencyKey =
          request.headers['idempotency-key'] ?? keyFromMetadata(message.metadata) ?? newId()
        const outcome = await sender.send({ instanceId, idempotencyKey, message })
        if (outcome.kind !== 'answered') {
          // Only now: a look at the database before the send would let requests overtake one another.
          const { status, connected } = await instances.get(instanceId)
          throw toProblem(outcome, { status, connected })
        }
        if (outcome.replayed) reply.header('idempotent-replayed', 'true')
        return outcome.response
      },
    )
  }
}

function keyFromMetadata(metadata: Record<string, unknown> | undefined): string | undefined {
  const result = Key.safeParse(metadata?.idempotencyKey)
  if (result.success) return result.data
  throw new Problem('INVALID_PAYLOAD', 'metadata.idempotencyKey must be a text of 1 to 200 characters.')
}
