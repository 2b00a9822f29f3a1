import { ConnectionStatus } from '@carteiro/contracts/broker-event'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { InstanceSettings, InstanceSettingsChange } from '@carteiro/contracts/settings'
import { StorableText } from '@carteiro/contracts/storable-text'
import { addInstance } from '@carteiro/domain/instances/add-instance'
import { listInstances } from '@carteiro/domain/instances/find-instance'
import { changeInstance } from '@carteiro/domain/settings/change-settings'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { unknownTimezone } from '../../settings/unknown-timezone.ts'
import { applySettings, registerInstance, requireBroker } from './broker.ts'
import { deleteRoute } from './delete-route.ts'
import { findLinked, findOwn, instanceNotFound } from './find-own.ts'
import { lookUpRoutes } from './look-up-routes.ts'
import { sessionRoutes } from './session-routes.ts'

type Needs = Pick<Dependencies, 'db' | 'queue' | 'notifier' | 'broker' | 'config'>

const BASE = '/api/integrations/whatsapp/instances'

/** Whether we call its broker, or its adapter asks us. */
const Delivery = z.enum(['push', 'pull'])

const Instance = z.object({
  id: Slug,
  tenantId: Slug,
  name: z.string(),
  transport: z.enum(['baileys', 'cloud']),
  delivery: Delivery,
  status: ConnectionStatus,
  connected: z.boolean(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  reason: z.string().nullable(),
  /** What it says itself; what it leaves open is the tenant's. */
  settings: InstanceSettings,
  createdAt: z.iso.datetime(),
})

const InstanceName = StorableText.trim().min(1).max(200)

const byId = z.object({ id: Slug })
const documented = (summary: string) => ({ tags: ['instances'], summary })

/** The tenant's WhatsApp numbers. The row is ours, the session is the broker's. */
export async function instanceRoutes(app: HttpServer, dependencies: Needs): Promise<void> {
  const { db } = dependencies
  const mayRead = app.authenticate('read')
  const mayAdminister = app.authenticate('admin')

  app.get(
    BASE,
    {
      onRequest: mayRead,
      schema: {
        ...documented('Your instances'),
        response: { 200: z.object({ instances: z.array(Instance) }) },
      },
    },
    async ({ actor }) => ({ instances: await listInstances(db, actor.tenantId) }),
  )

  app.post(
    BASE,
    {
      onRequest: mayAdminister,
      schema: {
        ...documented('Make an instance, and register it with the broker'),
        body: z.strictObject({ id: Slug, name: InstanceName, delivery: Delivery.default('push') }),
        response: { 201: Instance, 409: ProblemBody, 503: ProblemBody },
      },
    },
    async ({ actor, body, id: requestId }, reply) => {
      const broker = body.delivery === 'pull' ? undefined : requireBroker(dependencies)
      const by = { actor: actor.name, requestId }
      const result = await addInstance(dependencies, { ...body, tenantId: actor.tenantId }, by)
      if (result.status === 'exists') {
        throw new Problem('INSTANCE_ALREADY_EXISTS', `The id ${body.id} is taken; choose another one.`)
      }
      if (broker) await registerInstance(broker, result.instance, requestId)
      return reply.status(201).send(result.instance)
    },
  )

  app.get(
    `${BASE}/:id`,
    {
      onRequest: mayRead,
      schema: { ...documented('An instance'), params: byId, response: { 200: Instance, 404: ProblemBody } },
    },
    ({ actor, params }) => findOwn(db, actor.tenantId, params.id),
  )

  app.patch(
    `${BASE}/:id`,
    {
      onRequest: mayAdminister,
      schema: {
        ...documented(
          'Change its name or its settings: what is left out stays, null is the tenant\u2019s again',
        ),
        params: byId,
        body: z.strictObject({
          name: InstanceName.optional(),
          delivery: Delivery.optional(),
          settings: InstanceSettingsChange.optional(),
        }),
        response: { 200: Instance, 404: ProblemBody, 503: ProblemBody },
      },
    },
    async ({ actor, params: { id }, body, id: requestId }) => {
      const isForBroker = body.settings?.broker !== undefined
      if (isForBroker) await findLinked(db, actor.tenantId, id)
      const broker = isForBroker ? requireBroker(dependencies) : undefined
      const change = { ...body, id, tenantId: actor.tenantId, actor: actor.name, requestId }
      const result = await changeInstance(dependencies, change)
      if (result.status === 'unknown_timezone') throw unknownTimezone('body.settings.timezone')
      if (result.status === 'not_found') throw instanceNotFound(id)
      // Kept already: a broker that is away hears of it by a repeated request, or when it connects the instance.
      if (broker) {
        await registerInstance(broker, result.instance, requestId)
        await applySettings(broker, result.instance, requestId)
      }
      return result.instance
    },
  )

  await app.register(deleteRoute, dependencies)
  await app.register(sessionRoutes, dependencies)
  await app.register(lookUpRoutes, dependencies)
}
