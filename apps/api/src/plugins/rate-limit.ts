import { Problem } from '@carteiro/contracts/problem'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Dependencies } from '../dependencies.ts'
import { createPlatformKeyMatcher } from './platform-key.ts'
import { readSecretHash } from './secret-hash.ts'

const ONE_MINUTE_MS = 60_000
/** Keys that are remembered at a time: a stranger who makes up keys fills no more memory than this. */
const MAX_KEYS = 10_000

type Needs = Pick<Dependencies, 'config'>

/**
 * So many requests a minute for each API key, counted by each process for itself; more are answered 429 with
 * Retry-After. The platform's broker is not limited, as what it brings must come in; neither are probes, nor what
 * has no key.
 */
async function addRateLimit(app: FastifyInstance, { config }: Needs): Promise<void> {
  const max = config.RATE_LIMIT_PER_MINUTE
  if (max === 0) return
  const isPlatformKey = createPlatformKeyMatcher(config)
  await app.register(fastifyRateLimit, {
    max,
    timeWindow: ONE_MINUTE_MS,
    cache: MAX_KEYS,
    keyGenerator: ({ headers }) => readSecretHash(headers)?.toString('base64') ?? '',
    allowList: (request) =>
      readSecretHash(request.headers) === undefined || isPlatformKey(request.headers) || isProbe(request),
    errorResponseBuilder: (_request, { max: allowed, ttl }) =>
      new Problem(
        'RATE_LIMITED',
        `This key may ask ${allowed} times a minute; wait and repeat the request.`,
        {
          retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
        },
      ),
  })
}

const isProbe = ({ routeOptions: { schema } }: FastifyRequest): boolean =>
  schema?.tags?.includes('operations') === true

export const rateLimit = fastifyPlugin(addRateLimit, { name: 'rate-limit' })
