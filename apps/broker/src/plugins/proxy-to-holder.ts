import type { Readable } from 'node:stream'
import { Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { wasNeverSent } from '@carteiro/runtime/never-sent'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Agent, type Dispatcher } from 'undici'
import { z } from 'zod'
import type { HeldLease } from '../held-lease.ts'
import type { Report } from '../report.ts'

/** The broker that holds an instance; its address is `null` where it told none. */
export interface InstanceHolder {
  id: string
  address: string | null
}

export interface ProxyOptions {
  /** The id of this broker. */
  brokerId: string
  /** Whether requests are passed on; else they are told where to go. */
  enabled: boolean
  current: (instanceId: string) => HeldLease | undefined
  /** Who holds the instance in the database; `undefined` when nobody does. */
  findHolder: (instanceId: string) => Promise<InstanceHolder | undefined>
  report: Pick<Report, 'proxied' | 'proxyFailed'>
}

/** Names the broker that passed a request on, so that none is passed on twice. */
export const PROXIED_BY = 'x-carteiro-proxied-by'

const CONNECT_TIMEOUT_MS = 3_000
/** Longer than a broker gives itself for an answer. */
const ANSWER_TIMEOUT_MS = 28_000
const CONNECTIONS = 64
const RETRY_AFTER_SECONDS = 2

/** Of one connection alone (RFC 9110, 7.6.1), or written anew. */
const OF_ONE_HOP: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'upgrade'],
  ...['transfer-encoding', 'expect', 'host', 'x-request-id', PROXIED_BY],
])

const Params = z.object({ id: Slug })

/**
 * Passes requests for an instance that another broker holds on to that broker, bodies streamed both ways. Those for an
 * instance that is held here, or by nobody, go their way.
 *
 * @returns closes the connections to the other brokers
 * @throws Problem INSTANCE_ELSEWHERE on the request, when it may not be passed on or the holder cannot be reached
 */
export function proxyToHolder(server: HttpServer, options: ProxyOptions): () => Promise<void> {
  const agent = new Agent({
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    keepAliveTimeout: 30_000,
  })
  // Before the body is read, so that it can be streamed.
  server.addHook('onRequest', async (request, reply) => {
    const { data: params } = Params.safeParse(request.params)
    if (!params || options.current(params.id)) return
    const holder = await options.findHolder(params.id)
    if (!holder || holder.id === options.brokerId) return
    const { address } = holder
    if (!options.enabled || address === null || request.headers[PROXIED_BY] !== undefined) {
      throw elsewhere(params.id, holder)
    }
    try {
      const answer = await passOn(agent, { request, reply, address, by: options.brokerId })
      options.report.proxied(holder.id)
      return send(reply, answer)
    } catch (error) {
      options.report.proxyFailed(holder.id, error)
      throw wasNeverSent(error) ? unreachable(params.id, holder) : unanswered(params.id, holder)
    }
  })
  return () => agent.destroy()
}

async function passOn(
  agent: Agent,
  {
    request,
    reply,
    address,
    by,
  }: { request: FastifyRequest; reply: FastifyReply; address: string; by: string },
): Promise<Dispatcher.ResponseData> {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const { origin, pathname } = new URL(address)
  const hasBody =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  return await agent.request({
    origin,
    path: pathname.replace(/\/$/, '') + request.url,
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']).parse(request.method),
    headers: { ...passedOn(request.headers), 'x-request-id': request.id, [PROXIED_BY]: by },
    body: hasBody ? request.raw : null,
    signal: gone.signal,
  })
}

function send(reply: FastifyReply, { statusCode, headers, body }: Dispatcher.ResponseData): FastifyReply {
  const stream: Readable = body
  return reply.status(statusCode).headers(passedOn(headers)).send(stream)
}

type Headers = Record<string, string | string[] | undefined>

const passedOn = (headers: Headers): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OF_ONE_HOP.has(name) ? [] : [[name, value]],
    ),
  )

const details = ({ id, address }: InstanceHolder) => ({ holder: id, address })

const elsewhere = (instanceId: string, holder: InstanceHolder) =>
  new Problem('INSTANCE_ELSEWHERE', `${instanceId} is held by another broker: ask that one.`, {
    details: details(holder),
  })

const unreachable = (instanceId: string, holder: InstanceHolder) =>
  new Problem(
    'INSTANCE_ELSEWHERE',
    `${instanceId} is held by a broker that cannot be reached just now: repeat the request.`,
    { details: details(holder), retryAfterSeconds: RETRY_AFTER_SECONDS, status: 503 },
  )

const unanswered = (instanceId: string, holder: InstanceHolder) =>
  new Problem(
    'SEND_TIMEOUT',
    `The broker that holds ${instanceId} gave no answer; what was asked may be done. Repeat it with its key.`,
    { details: details(holder) },
  )
