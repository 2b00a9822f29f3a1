import { CloudWebhookAnswer } from '@carteiro/contracts/cloud-webhook'
import { ProblemBody } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type CloudNeeds, receiveCloud } from './receive.ts'
import { verifyAddress } from './verify-address.ts'

const BODY_LIMIT = 8 * 1024 * 1024
const PATH = '/api/v1/webhooks/whatsapp/inbound'
const TENANT_PATH = '/api/v1/webhooks/whatsapp/:tenantId/inbound'
/** Brokers post there, too; who receives those posts asks `isCloudBody`. */
const ALIAS = '/api/webhooks/whatsapp'

const tags = ['webhooks']
/** Nobody has a key here: a signature or the verify token opens it. */
const security: [] = []
const byTenant = z.object({ tenantId: z.string().max(200) })

/** Where Meta's Cloud API tells what happened. A 2xx to an event means that it is committed. */
export async function cloudWebhookRoutes(app: HttpServer, needs: CloudNeeds): Promise<void> {
  // The signature is over the raw bytes.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  for (const [url, params] of [[PATH], [TENANT_PATH, byTenant]] as const) {
    app.post(url, { bodyLimit: BODY_LIMIT, schema: receiving(params) }, (request) =>
      receiveCloud(needs, {
        headers: request.headers,
        rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        requestId: request.id,
        tenantId: tenantOf(request),
      }),
    )
  }
  for (const [url, params] of [[PATH], [TENANT_PATH, byTenant], [ALIAS]] as const) {
    app.get(url, { schema: verification(params) }, async (request, reply) => {
      const challenge = await verifyAddress(needs, request.query, tenantOf(request))
      return reply.type('text/plain').header('x-content-type-options', 'nosniff').send(challenge)
    })
  }
}

const receiving = (params?: typeof byTenant) => ({
  tags,
  security,
  summary: 'Messages and statuses from Meta\u2019s Cloud API, signed with X-Hub-Signature-256',
  ...(params ? { params } : {}),
  response: { 200: CloudWebhookAnswer, 400: ProblemBody, 401: ProblemBody, 503: ProblemBody },
})

const verification = (params?: typeof byTenant) => ({
  tags,
  security,
  summary: 'Meta asks whether this address is ours: the challenge, for who knows the verify token',
  ...(params ? { params } : {}),
  response: { 200: z.string(), 403: ProblemBody, 503: ProblemBody },
})

/** Of the path, else as the header X-Org-Id. */
function tenantOf({ params, headers }: Pick<FastifyRequest, 'params' | 'headers'>): string | undefined {
  if (typeof params === 'object' && params !== null && 'tenantId' in params) return String(params.tenantId)
  const named = headers['x-org-id']
  return typeof named === 'string' ? named : undefined
}
