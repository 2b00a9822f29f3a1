import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import sensible from '@fastify/sensible'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from '@fastify/type-provider-zod'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { Logger } from './logger.ts'
import { createWriteProblem, type InvalidRequestCode, writeRouteNotFound } from './write-problem.ts'

/** A Fastify instance whose routes are typed by their zod schemas. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export interface HttpServerOptions {
  logger: Logger
  /** Bytes a request's body may have; more answers 413. */
  bodyLimit?: number
  /** How long a request may take to come, whole. */
  requestTimeoutMs?: number
  invalidRequest?: InvalidRequestCode
}

const ONE_MEBIBYTE = 1024 * 1024

/**
 * An HTTP server that speaks as all of Carteiro's do: zod validation, one error shape, a request id on every
 * line and answer (`X-Request-Id`, taken over when the caller sends a sane one), explicit time limits.
 */
export function createHttpServer({
  logger,
  bodyLimit = ONE_MEBIBYTE,
  requestTimeoutMs = 30_000,
  invalidRequest = 'VALIDATION_ERROR',
}: HttpServerOptions): HttpServer {
  const server = fastify<RawServerDefault>({
    loggerInstance: logger as FastifyBaseLogger,
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: 30_000 },
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    genReqId: requestId,
    // What happened is told by each app's report; a line per request would tell it twice.
    logController: new LogController({ disableRequestLogging: true }),
    // And so no request needs a logger of its own: what is logged of one names its id (write-problem.ts).
    childLoggerFactory: (own) => own,
  }).withTypeProvider<ZodTypeProvider>()

  server.setValidatorCompiler(validatorCompiler)
  server.setSerializerCompiler(serializerCompiler)
  server.setErrorHandler(createWriteProblem(invalidRequest))
  server.setNotFoundHandler(writeRouteNotFound)
  // Hooks of every request call back: an async one costs each request a promise and its turns.
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  server.register(sensible)
  return server as unknown as HttpServer
}

const SANE_REQUEST_ID = /^[\w.:-]{8,128}$/

function requestId(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && SANE_REQUEST_ID.test(given) ? given : randomUUID()
}

/** Listens and returns the address callers use, `http://host:port`. */
export async function listen(server: HttpServer, host: string, port: number): Promise<string> {
  return await server.listen({ host, port })
}
