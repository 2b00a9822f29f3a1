import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, json } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import { createBrokerClient } from './broker-client.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

async function setUp(t: Test, answer: Answer) {
  const server = createServer((request, response) => answer(response, request))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`
  const client = createBrokerClient({ url, apiKey: 'the key', timeoutMs: 30_000 })
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await client.close()
  })
  const caller = new AbortController()
  const download = () =>
    client.downloadMedia('main', { messageId: 'A' }, { requestId: 'request-1', signal: caller.signal })
  return { download, caller }
}

test('a file is asked for with the key and the request\u2019s id, and its bytes are those of the broker', async (t) => {
  const bytes = randomBytes(2_000_000)
  const { download } = await setUp(t, async (response, request) => {
    t.match(request, {
      method: 'POST',
      url: '/base/instances/main/media/download',
      headers: { 'x-api-key': 'the key', 'x-request-id': 'request-1' },
    })
    t.same(await json(request), { messageId: 'A' })
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': bytes.length }).end(bytes)
  })
  const result = await download()
  if (result.status !== 'done') throw new Error(result.code)
  t.match(result, { contentType: 'image/png', size: bytes.length })
  t.ok(bytes.equals(await buffer(result.body)))
})

test('a broker that breaks off breaks the stream, also where no length was told', async (t) => {
  const { download } = await setUp(t, (response) => {
    response.writeHead(200)
    response.write(randomBytes(1_000), () => response.destroy())
  })
  const result = await download()
  if (result.status !== 'done') throw new Error(result.code)
  t.match(result, { contentType: null, size: null })
  await t.rejects(buffer(result.body))
})

test('a refusal is told with its status, code and the time to wait', async (t) => {
  const { download } = await setUp(t, (response) => {
    const body = { error: { code: 'MEDIA_GONE', message: 'why' } }
    response.writeHead(410, { 'retry-after': '7' }).end(JSON.stringify(body))
  })
  t.match(await download(), {
    status: 'failed',
    code: 'MEDIA_GONE',
    message: 'why',
    httpStatus: 410,
    retryAfterSeconds: 7,
  })
})

test('a caller who gives up ends the request, before the answer and within it', async (t) => {
  const asked = Promise.withResolvers<void>()
  const waiting = await setUp(t, () => asked.resolve())
  const result = waiting.download()
  await asked.promise
  waiting.caller.abort(new Error('given up'))
  await t.rejects(result, { message: 'given up' })

  const closed = Promise.withResolvers<void>()
  const within = await setUp(t, (response) => {
    response.once('close', closed.resolve)
    response.write('the first bytes')
  })
  const begun = await within.download()
  if (begun.status !== 'done') throw new Error(begun.code)
  within.caller.abort(new Error('given up'))
  await t.rejects(buffer(begun.body), { message: 'given up' })
  await closed.promise
})
