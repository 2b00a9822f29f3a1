import { createHttpServer } from '@carteiro/runtime/http-server'
import { createLogger } from '@carteiro/runtime/logger'
import { test } from 'tap'
import { boundBodies } from './bound-bodies.ts'

test('large bodies are held up to a bound; the next one is told to come again, a small one is not', async (t) => {
  const server = createHttpServer({ logger: createLogger('test', 'silent') })
  boundBodies(server, 250_000)
  const open = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  server.post('/', async () => {
    began.resolve()
    await open.promise
    return {}
  })
  const post = (bytes: number) =>
    server.inject({ method: 'POST', url: '/', payload: { text: 'x'.repeat(bytes) } })
  const first = post(200_000)
  await began.promise
  const refused = await post(100_000)
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['retry-after'], '1')
  const small = post(100)
  open.resolve()
  t.same([(await first).statusCode, (await small).statusCode], [200, 200])
  t.equal((await post(200_000)).statusCode, 200, 'what is answered is held no longer')
  await server.close()
})
