import { Problem } from '@carteiro/contracts/problem'
import type { Scope } from '@carteiro/contracts/scope'
import { type Actor, findKey, mayAct } from '@carteiro/domain/keys/find-key'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Dependencies } from '../dependencies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by `authenticate` alone. */
    actor: Actor
  }
  interface FastifyInstance {
    /** A route's guard, as `onRequest`: before the body is read, the request must carry a living key that may do this. */
    authenticate: (scope: Scope) => (request: FastifyRequest) => Promise<void>
  }
}

export type Headers = Record<string, string | string[] | undefined>

/** The first of `X-API-Key`, `Authorization: Bearer` and `X-Authorization` that is there decides. */
export function readSecret(headers: Headers): string | undefined {
  for (const name of ['x-api-key', 'authorization', 'x-authorization']) {
    const value = headers[name]
    if (typeof value !== 'string') continue
    if (name === 'authorization') return /^Bearer +(.+)$/i.exec(value)?.[1]
    return value.replace(/^Bearer +/i, '')
  }
  return undefined
}

async function addAuthentication(app: FastifyInstance, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.decorateRequest('actor')
  app.decorate('authenticate', (scope: Scope) => async (request: FastifyRequest) => {
    const secret = readSecret(request.headers)
    if (secret === undefined) throw new Problem('INVALID_API_KEY', 'Send your API key as X-API-Key.')
    const actor = await findKey(db, secret)
    if (!actor)
      throw new Problem('INVALID_API_KEY', 'This API key is not known, has expired, or was revoked.')
    assertTenant(request.headers, actor)
    if (!mayAct(actor, scope)) {
      throw new Problem('INSUFFICIENT_SCOPE', `This needs a key with the scope ${scope} or admin.`)
    }
    request.actor = actor
  })
}

/** The key alone says the tenant; a header that names another one is a mistake worth telling. */
function assertTenant(headers: Headers, actor: Actor): void {
  for (const name of ['x-org-id', 'x-tenant-id']) {
    const named = headers[name]
    if (named !== undefined && named !== actor.tenantId) {
      throw new Problem('TENANT_MISMATCH', `${name} names another tenant than the key's; leave it out.`)
    }
  }
}

export const authentication = fastifyPlugin(addAuthentication, { name: 'authentication' })
