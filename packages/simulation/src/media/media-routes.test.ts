import { randomBytes } from 'node:crypto'
import { createHttpServer } from '@carteiro/runtime/http-server'
import { createLogger } from '@carteiro/runtime/logger'
import { t, test } from 'tap'
import { addMediaRoutes } from './media-routes.ts'
import { startTestMediaHost } from './test-media-host.ts'

const { host, ask } = await startTestMediaHost(t)
const server = createHttpServer({ logger: createLogger('test', 'silent') })
addMediaRoutes(server, host)
t.teardown(() => server.close())

type Method = 'GET' | 'POST' | 'DELETE'
async function call(method: Method, url: string, payload?: object) {
  const { statusCode, body } = await server.inject({ method, url, ...(payload ? { payload } : {}) })
  return { status: statusCode, body: body.startsWith('{') ? JSON.parse(body) : body }
}
const place = () => host.store(randomBytes(10), 'image').directPath

test('the authority that signed the host\u2019s certificate can be asked for', async (t) => {
  t.same(await call('GET', '/media/ca.pem'), { status: 200, body: host.certificate })
})

test('the next requests are broken by command, and left alone again', async (t) => {
  const fault = { way: 'download', fault: { kind: 'refuse', status: 500 }, times: 3 }
  t.match(await call('POST', '/media/faults', fault), { status: 200, body: { faults: { download: 3 } } })
  t.equal((await ask(place())).status, 500)
  t.match((await call('GET', '/media')).body, { url: host.url, faults: { upload: 0, download: 2 } })
  t.match((await call('DELETE', '/media/faults')).body, { faults: { download: 0 } })
  t.equal((await ask(place())).status, 200)
})

test('one file expires, or all', async (t) => {
  const [first, second] = [place(), place()]
  t.same(await call('POST', '/media/expire', { directPath: first }), { status: 200, body: { expired: 1 } })
  t.same(await Promise.all([first, second].map(async (path) => (await ask(path)).status)), [410, 200])
  const { files } = (await call('GET', '/media')).body
  t.same((await call('POST', '/media/expire', {})).body, { expired: files - 1 })
  t.equal((await ask(second)).status, 410)
  t.match(await call('POST', '/media/expire', { directPath: second }), {
    status: 410,
    body: { error: { code: 'MEDIA_GONE' } },
  })
})

const bad: object[] = [
  {},
  { way: 'sideways', fault: { kind: 'refuse', status: 500 } },
  { way: 'upload', fault: { kind: 'refuse', status: 200 } },
  { way: 'upload', fault: { kind: 'cut', afterBytes: -1 } },
  { way: 'upload', fault: { kind: 'slow', bytesPerSecond: 0 } },
  { way: 'upload', fault: { kind: 'melt' } },
  { way: 'upload', fault: { kind: 'stall', afterBytes: 0 }, times: 1_001 },
]
for (const [index, body] of bad.entries()) {
  test(`a fault that is none is refused (${index})`, async (t) => {
    t.match(await call('POST', '/media/faults', body), {
      status: 400,
      body: { error: { code: 'VALIDATION_ERROR' } },
    })
    t.match((await call('GET', '/media')).body, { faults: { upload: 0, download: 0 } })
  })
}
