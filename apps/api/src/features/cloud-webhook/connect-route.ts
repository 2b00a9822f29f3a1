import { ConnectCloudBody } from '@carteiro/contracts/cloud-webhook'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { type ConnectCloudResult, connectCloud } from '@carteiro/domain/instances/connect-cloud'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { requireSeal } from './require-seal.ts'

const Connected = z.object({
  id: Slug,
  transport: z.literal('cloud'),
  phoneNumberId: z.string(),
  /** 2 while the secret before is valid too. */
  validSecrets: z.number().int(),
})

/** Where a number of the Cloud API is made known, and its secrets are rotated. They are never given back. */
export async function connectCloudRoute(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'config' | 'db' | 'notifier' | 'queue'>,
): Promise<void> {
  app.put(
    '/api/integrations/whatsapp/instances/:id/cloud',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        tags: ['instances'],
        summary: 'Connect a number of Meta\u2019s Cloud API, or rotate its secrets',
        description:
          'The app secret before stays valid beside the new one, unless keepFormerSecret is false.',
        params: z.object({ id: Slug }),
        body: ConnectCloudBody,
        response: { 200: Connected, 404: ProblemBody, 409: ProblemBody, 503: ProblemBody },
      },
    },
    async ({ actor, body, params, id: requestId }) => {
      const seal = requireSeal(dependencies)
      const wanted = {
        ...body,
        tenantId: actor.tenantId,
        instanceId: params.id,
        actor: actor.name,
        requestId,
      }
      const validSecrets = secretsOr(await connectCloud({ ...dependencies, seal }, wanted), params.id)
      return { id: params.id, transport: 'cloud' as const, phoneNumberId: body.phoneNumberId, validSecrets }
    },
  )
}

function secretsOr(result: ConnectCloudResult, id: string): number {
  switch (result.status) {
    case 'connected':
      return result.validSecrets
    case 'not_found':
      throw new Problem('INSTANCE_NOT_FOUND', `There is no instance ${id}; give a name to make it.`, {
        details: { instanceId: id },
      })
    case 'id_taken':
      throw new Problem('INSTANCE_ALREADY_EXISTS', `The id ${id} is taken; choose another one.`)
    case 'number_taken':
      throw new Problem('INSTANCE_ALREADY_EXISTS', 'Another instance has this phoneNumberId already.')
    case 'linked':
      throw new Problem(
        'INSTANCE_ALREADY_EXISTS',
        `The instance ${id} is linked to a phone; give the Cloud API\u2019s number an instance of its own.`,
      )
    default:
      return result satisfies never
  }
}
