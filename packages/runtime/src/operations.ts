import { z } from 'zod'
import { createHttpServer, type HttpServer, listen } from './http-server.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import type { Registry } from './metrics.ts'

/** One thing a process needs to do its work; throws, or answers late, when it is not there. */
export interface HealthCheck {
  name: string
  check: () => Promise<unknown>
}

export interface OperationsOptions {
  registry: Registry
  version: string
  checks: HealthCheck[]
  /** More members for `/healthz`, such as the API's `storage` and `whatsapp`. */
  describe?: () => Promise<Record<string, unknown>>
}

const CHECK_TIMEOUT_MS = 2_000

const Health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    version: z.string(),
    uptime: z.number(),
    checks: z.record(
      z.string(),
      z.object({ status: z.enum(['ok', 'failed']), error: z.string().optional() }),
    ),
  })
  .loose()

/**
 * `/livez` (the process runs), `/readyz` (it can do its work, else 503), `/healthz` (the same with details, always
 * 200 while it runs) and `/metrics` (Prometheus text). None needs a key.
 */
export function addOperations(server: HttpServer, options: OperationsOptions): void {
  server.get(
    '/livez',
    { schema: { tags: ['operations'], response: { 200: z.object({ status: z.literal('ok') }) } } },
    async () => ({
      status: 'ok' as const,
    }),
  )

  server.get('/healthz', { schema: { tags: ['operations'], response: { 200: Health } } }, () =>
    readHealth(options),
  )

  server.get(
    '/readyz',
    { schema: { tags: ['operations'], response: { 200: Health, 503: Health } } },
    async (_request, reply) => {
      const health = await readHealth(options)
      return reply.status(health.status === 'ok' ? 200 : 503).send(health)
    },
  )

  server.get('/metrics', { schema: { tags: ['operations'] } }, async (_request, reply) => {
    reply.header('content-type', options.registry.contentType)
    return reply.send(await options.registry.metrics())
  })
}

async function readHealth({ version, checks, describe }: OperationsOptions) {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => [name, await runCheck(check)] as const),
  )
  const failed = results.some(([, result]) => result.status === 'failed')
  return {
    status: failed ? ('degraded' as const) : ('ok' as const),
    version,
    uptime: Math.round(process.uptime()),
    checks: Object.fromEntries(results),
    ...(await describe?.()),
  }
}

async function runCheck(check: HealthCheck['check']): Promise<{ status: 'ok' | 'failed'; error?: string }> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS)
  })
  try {
    await Promise.race([check(), timeout])
    return { status: 'ok' }
  } catch (error) {
    return { status: 'failed', error: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** A server of its own for `/metrics` and the probes, for a process without an API or when METRICS_HOST is set. */
export async function startOperationsServer(
  options: OperationsOptions & { host: string; port: number; logger: Logger; lifecycle: Lifecycle },
): Promise<string> {
  const server = createHttpServer({ logger: options.logger })
  addOperations(server, options)
  options.lifecycle.onStop('operations server', () => server.close())
  return await listen(server, options.host, options.port)
}
