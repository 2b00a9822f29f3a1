import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from '@fastify/type-provider-zod'
import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { VERSION } from './version.ts'

export interface DocumentationOptions {
  title: string
  description: string
  /** Where a person reads and tries it; no key is needed there. */
  pagePath: string
  /** Where programs read it, as OpenAPI 3.1. */
  jsonPath: string
}

/** What the routes are, made from their own zod schemas. To be registered before them. */
async function addDocumentation(
  app: FastifyInstance,
  { title, description, pagePath, jsonPath }: DocumentationOptions,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: VERSION, description },
      components: {
        securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' } },
      },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(swaggerUi, { routePrefix: pagePath })
  app.get(jsonPath, { schema: { hide: true } }, async () => app.swagger())
}

export const documentation = fastifyPlugin(addDocumentation, { name: 'documentation' })
