import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createHttpServer } from '@carteiro/runtime/http-server'
import { createLogger } from '@carteiro/runtime/logger'
import { type Test, test } from 'tap'
import { request as send } from 'undici'
import { PROXIED_BY, proxyToHolder } from './proxy-to-holder.ts'

const MIB = 1024 * 1024

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A broker that holds nothing, beside one that holds `far` and answers as told. */
async function startPair(t: Test, answer: Answer, enabled = true) {
  const holder = createServer(answer)
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(holder.address() as AddressInfo).port}/base/`
  const server = createHttpServer({ logger: createLogger('test', 'silent') })
  const failures: string[] = []
  const close = proxyToHolder(server, {
    brokerId: 'near',
    enabled,
    current: () => undefined,
    findHolder: async (id) => (id === 'far' ? { id: 'far', address } : undefined),
    report: { proxied: () => undefined, proxyFailed: (by) => failures.push(by) },
  })
  server.addHook('onClose', close)
  server.post('/instances/:id/echo', async () => ({ here: true }))
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const stopHolder = async () => {
    holder.closeAllConnections()
    await new Promise((resolve) => holder.close(resolve))
  }
  t.teardown(async () => {
    await server.close()
    await stopHolder()
  })
  const post = (id: string, init: RequestInit = {}) =>
    fetch(`${url}/instances/${id}/echo?a=1`, { method: 'POST', ...init })
  return { url, post, failures, stopHolder, address }
}

test('headers, path and body reach the holder, and its answer the caller', async (t) => {
  const { post, address } = await startPair(t, async (request, response) => {
    t.match(request, {
      url: '/base/instances/far/echo?a=1',
      headers: {
        ...{ 'idempotency-key': 'key-1', 'x-api-key': 'secret', 'x-request-id': 'request-1' },
        ...{ [PROXIED_BY]: 'near', host: new URL(address).host },
      },
    })
    response.writeHead(409, {
      'content-type': 'text/plain',
      'idempotent-replayed': 'true',
      'retry-after': '7',
    })
    response.end(await buffer(request))
  })
  const headers = { 'idempotency-key': 'key-1', 'x-api-key': 'secret', 'x-request-id': 'request-1' }
  const answer = await post('far', { headers, body: 'hello' })
  t.equal(answer.status, 409)
  t.equal(answer.headers.get('idempotent-replayed'), 'true')
  t.equal(answer.headers.get('retry-after'), '7')
  t.equal(await answer.text(), 'hello')
  t.same(await (await post('near')).json(), { here: true }, 'what nobody else holds stays here')
})

test('a hundred mebibytes go through, both ways, whoever knows their length', async (t) => {
  const { url } = await startPair(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    request.pipe(response)
  })
  const part = randomBytes(MIB)
  const parts = 100
  const body = Readable.from(Array(parts).fill(part))
  const answer = await send(`${url}/instances/far/echo`, { method: 'POST', body })
  const [expected, seen] = [createHash('sha256'), createHash('sha256')]
  for (let n = 0; n < parts; n++) expected.update(part)
  for await (const chunk of answer.body) seen.update(chunk)
  t.equal(seen.digest('hex'), expected.digest('hex'))
})

test('a holder that is gone was asked nothing; one that breaks off may have done it', async (t) => {
  const { post, failures, stopHolder } = await startPair(t, (request) => request.destroy())
  const broken = await post('far', { body: 'x' })
  t.equal(broken.status, 504)
  t.match(await broken.json(), { error: { code: 'SEND_TIMEOUT', details: { holder: 'far' } } })
  await stopHolder()
  const gone = await post('far', { body: 'x' })
  t.equal(gone.status, 503)
  t.ok(gone.headers.get('retry-after'))
  t.match(await gone.json(), { error: { code: 'INSTANCE_ELSEWHERE', details: { holder: 'far' } } })
  t.same(failures, ['far', 'far'])
})

test('an answer that breaks off in its body breaks off for the caller, too', async (t) => {
  const { post } = await startPair(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('half', () => response.destroy())
  })
  const answer = await post('far')
  t.equal(answer.status, 200)
  await t.rejects(answer.text())
})

test('nothing is passed on twice, nor where that is turned off: the caller is told where to go', async (t) => {
  const never: Answer = () => t.fail('the holder was asked')
  const on = await startPair(t, never)
  const off = await startPair(t, never, false)
  for (const [{ post, address }, headers] of [
    [on, { [PROXIED_BY]: 'another' }],
    [off, {}],
  ] as const) {
    const answer = await post('far', { headers, body: 'x' })
    t.equal(answer.status, 421)
    const details = { holder: 'far', address }
    t.match(await answer.json(), { error: { code: 'INSTANCE_ELSEWHERE', details } })
  }
})
