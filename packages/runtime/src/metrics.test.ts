import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { createHttpServer } from './http-server.ts'
import { createLogger } from './logger.ts'
import { boundedLabel, createRegistry, measureRequests } from './metrics.ts'

t.test('a label has no more values than its bound and `overflow`, whatever comes', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 0, max: 10 }), (values, limit) => {
        const label = boundedLabel(limit)
        const told = values.map(label)
        const kept = [...new Set(values)].slice(0, limit)
        assert.deepEqual(
          told,
          values.map((value) => (kept.includes(value) ? value : 'overflow')),
        )
      }),
    ),
  )
})

t.test(
  'a stream that lasts as long as its reader is no slow request, and a refused one is a request',
  async (t) => {
    const server = createHttpServer({ logger: createLogger('test', 'silent') })
    const registry = createRegistry()
    t.teardown(() => server.close())
    measureRequests(server, registry)
    server.get('/stream', { config: { isStream: true } }, async (request, reply) => {
      if (request.headers.refused) return reply.code(409).send()
      reply.hijack()
      reply.raw.end('read to its end')
    })
    await server.inject({ url: '/stream' })
    await server.inject({ url: '/stream', headers: { refused: 'yes' } })
    const text = await registry.metrics()
    t.match(text, 'http_request_duration_seconds_count{method="GET",route="/stream",status="409"} 1')
    t.notMatch(text, 'route="/stream",status="200"')
  },
)

t.test('requests are measured by route, so that no path a stranger makes up becomes a label', async (t) => {
  const server = createHttpServer({ logger: createLogger('test', 'silent') })
  const registry = createRegistry()
  t.teardown(() => server.close())
  measureRequests(server, registry)
  server.get('/tickets/:id', async () => 'ok')
  for (const url of ['/tickets/1', '/tickets/2', '/nowhere/1', '/nowhere/2']) await server.inject({ url })
  const text = await registry.metrics()
  t.match(text, 'http_request_duration_seconds_count{method="GET",route="/tickets/:id",status="200"} 2')
  t.match(text, 'http_request_duration_seconds_count{method="GET",route="unknown",status="404"} 2')
  t.notMatch(text, '/nowhere')
})
