import { createHttpServer } from '@carteiro/runtime/http-server'
import { createLogger } from '@carteiro/runtime/logger'
import { test } from 'tap'
import { countRequestsUnderWay } from './requests-under-way.ts'

test('what is under way is waited for, and callers that come again and again keep nobody from stopping', async (t) => {
  const server = createHttpServer({ logger: createLogger('test', 'silent') })
  const answered = countRequestsUnderWay(server)
  const first = Promise.withResolvers<void>()
  const came = Promise.withResolvers<void>()
  server.get('/first', async () => {
    came.resolve()
    await first.promise
    return 'done'
  })
  server.get('/later', () => new Promise(() => undefined))
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  const answer = fetch(`${url}/first`)
  await came.promise
  let isOver = false
  const over = answered(60_000).then(() => {
    isOver = true
  })
  const later = fetch(`${url}/later`).catch(() => undefined)
  t.notOk(isOver)
  first.resolve()
  t.equal(await (await answer).text(), 'done')
  await over
  await answered(1)
  t.pass('nor one that takes too long')
  await server.close()
  await later
})
