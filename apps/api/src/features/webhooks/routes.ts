import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { type AddressedEvents, addressEvents } from './address-events.ts'
import { answerWebhook, WebhookAccepted } from './answer-webhook.ts'
import { createArrivalOrder } from './arrival-order.ts'
import { createIngest } from './ingest.ts'
import { createInstanceDirectory, type InstanceDirectory } from './instance-directory.ts'
import { type ParsedWebhook, parseWebhook } from './parse-webhook.ts'
import { verifySender } from './verify.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'queue' | 'report'>

const BODY_LIMIT = 8 * 1024 * 1024
const PATHS = ['/api/integrations/whatsapp/webhook', '/api/webhooks/whatsapp']

/** Where brokers tell what happened. A 2xx means that it is committed; nothing else happens on this path. */
export async function webhookRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { db, report } = dependencies
  const directory = createInstanceDirectory(db)
  const { ingest } = createIngest(dependencies)
  const inArrivalOrder = createArrivalOrder()
  // The signature is over the raw bytes, and a body that is not JSON has an answer of its own here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const schema = {
    tags: ['webhooks'],
    summary: 'Events from a broker: one, an array, or {events: []}',
    response: { 202: WebhookAccepted, 204: z.null(), 400: ProblemBody, 401: ProblemBody, 422: ProblemBody },
  }
  for (const url of PATHS) {
    app.post(url, { bodyLimit: BODY_LIMIT, schema }, async (request, reply) => {
      const startedAt = performance.now()
      const { prepared } = await inArrivalOrder(
        () => readEvents(dependencies, directory, request),
        ({ envelopes }) => ingest(envelopes),
      )
      report.webhookEvents(request.id, prepared)
      report.webhookAnswered((performance.now() - startedAt) / 1000)
      const body = answerWebhook({
        queued: prepared.envelopes.length,
        ignored: prepared.ignored.length,
        rejected: prepared.rejected,
      })
      return body ? reply.status(202).send(body) : reply.status(204).send(null)
    })
  }
}

/** Who posts, what, and whose it is. @throws Problem when nobody may, or when it is not JSON */
async function readEvents(
  dependencies: Needs,
  directory: InstanceDirectory,
  { body, headers, id: requestId }: FastifyRequest,
): Promise<AddressedEvents & Pick<ParsedWebhook, 'ignored'>> {
  const rawBody = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const sender = await verifySender(dependencies, headers, rawBody)
  const parsed = parseWebhook(rawBody)
  if (!parsed) throw new Problem('INVALID_WEBHOOK_JSON', 'The body is not valid JSON.')
  const { envelopes, rejected } = await addressEvents(directory, sender, parsed.events, requestId)
  return { envelopes, ignored: parsed.ignored, rejected: [...parsed.rejected, ...rejected] }
}
