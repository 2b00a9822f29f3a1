import { CloudWebhookAnswer } from '@carteiro/contracts/cloud-webhook'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { answerWebhook, WebhookAccepted } from './answer-webhook.ts'
import { createArrivalOrder, type InArrivalOrder } from './arrival-order.ts'
import { createIngest, type Ingest } from './ingest.ts'
import { createInstanceDirectory } from './instance-directory.ts'
import { headerOf, type ReadBody, readBody } from './read-body.ts'
import { createVerifySender } from './verify.ts'

/** Meta's events may come by these paths, too: they are another door's. */
interface CloudDoor {
  isCloudBody(rawBody: Buffer): boolean
  receiveCloud(request: {
    headers: FastifyRequest['headers']
    rawBody: Buffer
    requestId: string
    tenantId?: string | undefined
  }): Promise<CloudWebhookAnswer>
}

interface Needs
  extends Pick<Dependencies, 'config' | 'db' | 'queue' | 'report'>,
    Partial<Ingest & CloudDoor> {
  /** Where another door fills the same queue, both take turns. */
  inArrivalOrder?: InArrivalOrder
}

const BODY_LIMIT = 8 * 1024 * 1024
const PATHS = ['/api/integrations/whatsapp/webhook', '/api/webhooks/whatsapp']

const summary = 'Events from a broker: one, an array, or {events: []}'
const response = {
  200: CloudWebhookAnswer,
  202: WebhookAccepted,
  204: z.null(),
  400: ProblemBody,
  401: ProblemBody,
  413: ProblemBody,
  422: ProblemBody,
  503: ProblemBody,
}

const schema = { tags: ['webhooks'], summary, response }

/** Where brokers tell what happened. A 2xx means that it is committed; nothing else happens on this path. */
export async function webhookRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { config, db, report, isCloudBody, receiveCloud } = dependencies
  const reading = {
    config,
    verifySender: createVerifySender(dependencies),
    directory: createInstanceDirectory(db),
  }
  const ingest = dependencies.ingest ?? createIngest(dependencies).ingest
  const inArrivalOrder = dependencies.inArrivalOrder ?? createArrivalOrder()
  // The signature is over the raw bytes, and a body that is not JSON has an answer of its own here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const takeEvents = async (request: FastifyRequest, rawBody: Buffer) => {
    const { headers, id: requestId } = request
    const { prepared } = await inArrivalOrder(
      () => readBody(reading, { headers, requestId, rawBody }),
      ({ taken }) => ingest(taken.map(({ envelope }) => envelope)),
    )
    return reportTaken(report, requestId, prepared)
  }

  for (const url of PATHS) {
    app.post(url, { bodyLimit: BODY_LIMIT, schema }, async (request, reply) => {
      const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      if (receiveCloud && isCloudBody?.(rawBody)) {
        const { headers, id: requestId } = request
        const tenantId = headerOf(headers, 'x-org-id')
        return reply.status(200).send(await receiveCloud({ headers, rawBody, requestId, tenantId }))
      }
      const startedAt = performance.now()
      const counts = await takeEvents(request, rawBody).catch((error: unknown) => {
        if (error instanceof Problem) report.webhookRefused(error.code)
        throw error
      })
      report.webhookAnswered((performance.now() - startedAt) / 1000)
      const answer = answerWebhook(counts)
      return answer ? reply.status(202).send(answer) : reply.status(204).send(null)
    })
  }
}

function reportTaken(report: Needs['report'], requestId: string, { taken, ignored, rejected }: ReadBody) {
  const envelopes = taken.map(({ envelope, countedAs }) => {
    const { instanceId, kind } = envelope
    return { instanceId, kind, countedAs }
  })
  report.webhookEvents(requestId, { envelopes, ignored, rejected })
  return { queued: taken.length, ignored: ignored.length, rejected }
}
