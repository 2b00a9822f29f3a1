import { ApiKey, NewApiKey } from '@carteiro/contracts/api-key'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { createKey } from '@carteiro/domain/keys/create-key'
import { listKeys } from '@carteiro/domain/keys/list-keys'
import { revokeKey } from '@carteiro/domain/keys/revoke-key'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readCursor, writeCursor } from '../../lists/cursor.ts'
import { IdCursor, listOf, Page } from '../../lists/page.ts'

const BASE = '/api/v1/keys'

const documented = (summary: string) => ({ tags: ['keys'], summary })

/** A tenant's own API keys. */
export async function keyRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  app.get(
    BASE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Your keys, the newest first, without their secrets'),
        querystring: Page,
        response: { 200: listOf(ApiKey) },
      },
    },
    async ({ actor: { tenantId }, query: { cursor, limit } }) => {
      const after = readCursor(IdCursor, cursor)?.id
      const { items, next } = await listKeys(db, { tenantId, after, limit })
      return { items, nextCursor: writeCursor(next === null ? null : { id: next }) }
    },
  )

  app.post(
    BASE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Make a key; this answer alone shows its secret'),
        body: NewApiKey,
        response: { 201: z.object({ id: z.uuid(), secret: z.string() }) },
      },
    },
    async ({ actor, body }, reply) => {
      const { id, secret } = await createKey({ db }, { ...body, tenantId: actor.tenantId, actor: actor.name })
      return reply.status(201).send({ id, secret })
    },
  )

  app.delete(
    `${BASE}/:id`,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Revoke a key: it opens nothing from now on, and its connections end within 5 s'),
        params: z.object({ id: z.uuid() }),
        response: { 204: z.null(), 404: ProblemBody },
      },
    },
    async ({ actor, params: { id } }, reply) => {
      const isRevoked = await revokeKey({ db }, { tenantId: actor.tenantId, id, actor: actor.name })
      if (!isRevoked) throw new Problem('KEY_NOT_FOUND', `There is no living key ${id}.`)
      return reply.status(204).send(null)
    },
  )
}
