import { TemplateCode, TemplateLanguage } from '@carteiro/contracts/intents/template'
import { Problem, ProblemBody } from '@carteiro/contracts/problem'
import { Template, TemplateDefinition } from '@carteiro/contracts/template'
import { findTemplate } from '@carteiro/domain/templates/find-template'
import { listTemplates } from '@carteiro/domain/templates/list-templates'
import { deleteTemplate, putTemplate } from '@carteiro/domain/templates/put-template'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'

const BASE = '/api/v1/templates'
const ONE = `${BASE}/:code/:language`

const byName = z.object({ code: TemplateCode, language: TemplateLanguage })

const Page = z.object({
  cursor: z
    .templateLiteral([TemplateCode, '/', TemplateLanguage], 'is not a cursor')
    .optional()
    .describe('nextCursor of the page before'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

const documented = (summary: string) => ({ tags: ['templates'], summary })

/** What a tenant says again and again, by code and language. */
export async function templateRoutes(app: HttpServer, { db }: Pick<Dependencies, 'db'>): Promise<void> {
  const notFound = ({ code, language }: z.infer<typeof byName>) =>
    new Problem('TEMPLATE_NOT_FOUND', `There is no template ${code} in ${language}.`)

  app.get(
    BASE,
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('Your templates, by code and language'),
        querystring: Page,
        response: { 200: z.object({ items: z.array(Template), nextCursor: z.string().nullable() }) },
      },
    },
    async ({ actor, query }) => {
      const { items, hasMore } = await listTemplates(db, {
        tenantId: actor.tenantId,
        after: readCursor(query.cursor),
        limit: query.limit,
      })
      const last = items.at(-1)
      return { items, nextCursor: hasMore && last ? `${last.code}/${last.language}` : null }
    },
  )

  app.get(
    ONE,
    {
      onRequest: app.authenticate('read'),
      schema: {
        ...documented('A template in one language'),
        params: byName,
        response: { 200: Template, 404: ProblemBody },
      },
    },
    async ({ actor, params }) => {
      const template = await findTemplate(db, { tenantId: actor.tenantId, ...params })
      if (!template) throw notFound(params)
      return template
    },
  )

  app.put(
    ONE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Write a template; a change is a new version'),
        params: byName,
        body: TemplateDefinition,
        response: { 200: Template, 201: Template },
      },
    },
    async ({ actor, params, body, id: requestId }, reply) => {
      const act = { tenantId: actor.tenantId, ...params, actor: actor.name, requestId }
      const { status, template } = await putTemplate({ db }, { ...act, definition: body })
      return reply.status(status === 'created' ? 201 : 200).send(template)
    },
  )

  app.delete(
    ONE,
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Retire a template; what was sent keeps it'),
        params: byName,
        response: { 204: z.null(), 404: ProblemBody },
      },
    },
    async ({ actor, params, id: requestId }, reply) => {
      const act = { tenantId: actor.tenantId, ...params, actor: actor.name, requestId }
      if (!(await deleteTemplate({ db }, act))) throw notFound(params)
      return reply.status(204).send(null)
    },
  )
}

function readCursor(cursor: string | undefined): z.infer<typeof byName> | undefined {
  const [code = '', language = ''] = cursor?.split('/') ?? []
  return cursor === undefined ? undefined : { code, language }
}
