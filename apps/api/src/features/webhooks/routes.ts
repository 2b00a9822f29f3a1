import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { addressEvents } from './address-events.ts'
import { answerWebhook, WebhookAccepted } from './answer-webhook.ts'
import { createIngest } from './ingest.ts'
import { createInstanceDirectory } from './instance-directory.ts'
import { parseWebhook } from './parse-webhook.ts'
import { verifySender } from './verify.ts'

type Needs = Pick<Dependencies, 'config' | 'db' | 'queue' | 'report'>

const BODY_LIMIT = 8 * 1024 * 1024
const PATHS = ['/api/integrations/whatsapp/webhook', '/api/webhooks/whatsapp']

/** Where brokers tell what happened. A 2xx means that it is committed; nothing else happens on this path. */
export async function webhookRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { db, report } = dependencies
  const directory = createInstanceDirectory(db)
  const { ingest } = createIngest(dependencies)
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
      const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const sender = await verifySender(dependencies, request.headers, rawBody)
      const parsed = parseWebhook(rawBody)
      if (!parsed) throw new Problem('INVALID_WEBHOOK_JSON', 'The body is not valid JSON.')

      const { envelopes, rejected } = await addressEvents(directory, sender, parsed.events, request.id)
      await ingest(envelopes)

      const outcome = { envelopes, ignored: parsed.ignored, rejected: [...parsed.rejected, ...rejected] }
      report.webhookEvents(request.id, outcome)
      report.webhookAnswered((performance.now() - startedAt) / 1000)
      const body = answerWebhook({
        queued: envelopes.length,
        ignored: outcome.ignored.length,
        rejected: outcome.rejected,
      })
      return body ? reply.status(202).send(body) : reply.status(204).send(null)
    })
  }
}
