import path from 'node:path'
import type { HttpServer } from '@carteiro/runtime/http-server'
import fastifyStatic from '@fastify/static'

/** Only what this server gives: no inline script or style, nothing from elsewhere, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** `GET /`: a page that shows a phone. */
export function addPageRoutes(server: HttpServer): void {
  server.register(fastifyStatic, {
    root: path.join(import.meta.dirname, 'page'),
    cacheControl: false,
    setHeaders(reply) {
      reply.header('cache-control', 'no-cache')
      reply.header('content-security-policy', POLICY)
      reply.header('x-content-type-options', 'nosniff')
      reply.header('referrer-policy', 'no-referrer')
    },
  })
}
