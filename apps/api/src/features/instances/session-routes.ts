import { PairInstance } from '@carteiro/contracts/broker-api'
import { ConnectionStatus } from '@carteiro/contracts/broker-event'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { type InstanceAct, recordInstanceAct } from '@carteiro/domain/instances/record-act'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { orProblem, readStatus, registerInstance, requireBroker, SESSION_ACTS } from './broker.ts'
import { findLinked } from './find-own.ts'

type Needs = Pick<Dependencies, 'db' | 'broker' | 'config'>

const BASE = '/api/integrations/whatsapp/instances'

const InstanceStatus = z.object({
  id: Slug,
  status: ConnectionStatus,
  connected: z.boolean(),
  phone: z.string().nullable(),
  qrAvailable: z.boolean(),
  lastError: z.string().nullable(),
})

const Until = { expiresAt: z.iso.datetime().nullable() }
const ShownQr = z.object({ qr: z.string(), ...Until, available: z.literal(true) })
const ShownPairingCode = z.object({ pairingCode: z.string(), ...Until })

const params = z.object({ id: Slug })
const problems = { 404: ProblemBody, 409: ProblemBody, 503: ProblemBody }
const documented = (summary: string) => ({ tags: ['instances'], summary, params })

/** How an instance's session stands, and what people do to it: connected, linked, logged out. */
export async function sessionRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { db } = dependencies

  app.get(
    `${BASE}/:id/status`,
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('How its session stands, asked of the broker just now'),
        response: { 200: InstanceStatus, ...problems },
      },
    },
    async ({ actor, params: { id }, id: requestId }) => {
      const instance = await findLinked(db, actor.tenantId, id)
      return readStatus(requireBroker(dependencies), instance, requestId)
    },
  )

  for (const act of ['connect', 'disconnect', 'restart', 'logout'] as const) {
    app.post(
      `${BASE}/:id/${act}`,
      {
        onRequest: app.authenticate('admin'),
        schema: {
          ...documented(`Ask the broker to ${act} it; how it went is told by whatsapp.instance.updated`),
          response: { 202: InstanceStatus, ...problems },
        },
      },
      async (request, reply) => {
        const instance = await findLinked(db, request.actor.tenantId, request.params.id)
        const broker = requireBroker(dependencies)
        const status = await audited(db, { request, instanceId: instance.id, act }, () =>
          SESSION_ACTS[act](broker, instance, request.id),
        )
        return reply.status(202).send(status)
      },
    )
  }
  await app.register(async (scope) => linkingRoutes(scope as HttpServer, dependencies))
}

/** What links a phone is a credential: it is shown to who administers, and kept nowhere on the way. */
function linkingRoutes(app: HttpServer, dependencies: Needs): void {
  const { db } = dependencies
  const onRequest = app.authenticate('admin')
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  app.post(
    `${BASE}/:id/pair`,
    {
      onRequest,
      schema: {
        ...documented('Link it by a code that is typed on the phone'),
        body: PairInstance.strict(),
        response: { 200: ShownPairingCode, ...problems },
      },
    },
    async (request) => {
      const instance = await findLinked(db, request.actor.tenantId, request.params.id)
      const broker = requireBroker(dependencies)
      return await audited(db, { request, instanceId: instance.id, act: 'pair' }, async () => {
        await registerInstance(broker, instance, request.id)
        const { phoneNumber } = request.body
        return orProblem(await broker.pair(instance.id, phoneNumber, { requestId: request.id }))
      })
    },
  )

  app.get(
    `${BASE}/:id/qr`,
    {
      onRequest,
      schema: {
        ...documented('The QR code to scan just now, as text'),
        response: { 200: ShownQr, ...problems },
      },
    },
    async ({ actor, params: { id }, id: requestId }) => {
      await findLinked(db, actor.tenantId, id)
      const shown = orProblem(await requireBroker(dependencies).getQr(id, { requestId }))
      return { ...shown, available: true as const }
    },
  )

  app.get(
    `${BASE}/:id/qr.png`,
    { onRequest, schema: documented('The QR code to scan just now, as an image') },
    async ({ actor, params: { id }, id: requestId }, reply) => {
      await findLinked(db, actor.tenantId, id)
      const image = orProblem(await requireBroker(dependencies).getQrImage(id, { requestId }))
      return reply.type('image/png').send(image)
    },
  )
}

interface Audited extends Pick<InstanceAct, 'instanceId' | 'act'> {
  request: FastifyRequest
}

/** Who had it done is written down however it ends. */
async function audited<Result>(
  db: Needs['db'],
  { request, ...what }: Audited,
  run: () => Promise<Result>,
): Promise<Result> {
  const { tenantId, name: actor } = request.actor
  const entry = { ...what, tenantId, actor, requestId: request.id }
  try {
    const result = await run()
    await recordInstanceAct(db, entry)
    return result
  } catch (error) {
    if (error instanceof Problem) await recordInstanceAct(db, { ...entry, failedWith: error.code })
    throw error
  }
}
