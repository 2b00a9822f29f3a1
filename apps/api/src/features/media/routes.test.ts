import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { newId } from '@carteiro/database/new-id'
import { createHttpServer } from '@carteiro/runtime/http-server'
import { storageKeyOf } from '@carteiro/storage/keys'
import t from 'tap'
import { authentication } from '../../plugins/authentication.ts'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMedia } from '../../testing/receive-media.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'
import { mediaRoutes } from './routes.ts'

const api = await startApi(t)
const { app, domain, keys, keyWith, dependencies } = api
const CUSTOMER = { tenantId: 'acme', phone: '+5511955550100' }
const JPEG = { type: 'image', mimeType: 'image/jpeg' }

const pathOf = (id: string) => `/api/messages/${id}/media`
const ask = (id: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  app.inject({ method, url: pathOf(id), headers: { 'x-api-key': keys.acme, ...headers } })

const bytes = randomBytes(300_000)
const photo = await receiveMedia(api, CUSTOMER, JPEG, bytes)
const etag = String((await ask(photo)).headers.etag)

t.test('the bytes come as they were stored, under the type that was found in them', async (t) => {
  const response = await ask(photo)
  t.equal(response.statusCode, 200)
  t.ok(response.rawPayload.equals(bytes))
  t.match(response.headers, {
    'content-type': 'image/jpeg',
    'content-length': '300000',
    'content-disposition': `inline; filename=image-${photo}.jpg`,
    'accept-ranges': 'bytes',
    etag: /^"[0-9a-f]{64}"$/,
    'cache-control': 'private, max-age=604800, immutable',
    vary: /X-API-Key/,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
  })
  t.equal((await ask(photo.toUpperCase())).statusCode, 200, 'the id is the same in upper case')
})

t.test('an empty file is a file', async (t) => {
  const id = await receiveMedia(api, CUSTOMER, { type: 'document' }, Buffer.alloc(0))
  for (const headers of [{}, { range: 'bytes=0-' }]) {
    const response = await ask(id, headers)
    t.equal(response.statusCode, 200)
    t.equal(response.headers['content-length'], '0')
    t.equal(response.rawPayload.length, 0)
  }
})

t.test('a page that a stranger sent is a file to save, and nothing that runs', async (t) => {
  for (const mimeType of ['text/html', 'image/svg+xml']) {
    const facts = { type: 'document', mimeType, fileName: 'Or\u00e7amento.html' }
    const { headers } = await ask(await receiveMedia(api, CUSTOMER, facts, Buffer.from('<script>')))
    t.match(headers, { 'content-type': mimeType, 'content-disposition': /^attachment; / })
    t.match(headers['content-disposition'], "filename*=UTF-8''Or%C3%A7amento.html")
    t.match(headers['content-security-policy'], 'sandbox')
  }
})

t.test('a part is what was asked for, and says where it lies', async (t) => {
  const table: [headers: Record<string, string>, start: number, end: number][] = [
    [{ range: 'bytes=0-0' }, 0, 0],
    [{ range: 'bytes=1000-1999' }, 1000, 1999],
    [{ range: 'bytes=299999-' }, 299_999, 299_999],
    [{ range: 'bytes=299000-400000' }, 299_000, 299_999],
    [{ range: 'bytes=-500' }, 299_500, 299_999],
    [{ range: 'bytes=-900000' }, 0, 299_999],
    [{ range: 'bytes=5-9', 'if-range': etag }, 5, 9],
  ]
  for (const [headers, start, end] of table) {
    const response = await ask(photo, headers)
    const name = JSON.stringify(headers)
    t.equal(response.statusCode, 206, name)
    t.equal(response.headers['content-range'], `bytes ${start}-${end}/300000`, name)
    t.equal(response.headers['content-length'], String(end - start + 1), name)
    t.equal(response.headers.etag, etag)
    t.ok(response.rawPayload.equals(bytes.subarray(start, end + 1)), name)
  }
})

t.test('what is no range of these bytes gives all of them', async (t) => {
  const table = [
    { range: 'bytes=0-1,10-11' },
    { range: 'lines=0-1' },
    { range: 'bytes=x' },
    { range: 'bytes=5-9', 'if-range': '"other bytes"' },
  ]
  for (const headers of table) {
    const response = await ask(photo, headers)
    t.equal(response.statusCode, 200, JSON.stringify(headers))
    t.equal(response.headers['content-range'], undefined)
    t.ok(response.rawPayload.equals(bytes))
  }
})

t.test('a range behind the end is refused with the size, and the refusal is not kept', async (t) => {
  const response = await ask(photo, { range: 'bytes=300000-' })
  matchProblem(t, response, 416, 'RANGE_NOT_SATISFIABLE')
  t.equal(response.headers['content-range'], 'bytes */300000')
  for (const header of ['cache-control', 'etag', 'content-disposition'])
    t.equal(response.headers[header], undefined)
})

t.test('who has the bytes is told so, and not sent them', async (t) => {
  for (const match of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
    const response = await ask(photo, { 'if-none-match': match, range: 'bytes=0-1' })
    t.equal(response.statusCode, 304, match)
    t.equal(response.rawPayload.length, 0)
    t.match(response.headers, { etag, 'cache-control': /private/, vary: /X-API-Key/ })
  }
  t.equal((await ask(photo, { 'if-none-match': '"other"' })).statusCode, 200)
})

t.test('HEAD tells what GET would, without the bytes', async (t) => {
  const { headers } = await ask(photo)
  for (const asked of [{}, { range: 'bytes=0-1' }]) {
    const head = await ask(photo, asked, 'HEAD')
    t.equal(head.statusCode, 200)
    t.equal(head.rawPayload.length, 0)
    for (const name of ['content-type', 'content-length', 'content-disposition', 'etag', 'accept-ranges'])
      t.equal(head.headers[name], headers[name], name)
  }
  t.equal((await ask(photo, { 'if-none-match': etag }, 'HEAD')).statusCode, 304)
})

t.test('a file that is not here says why, and none of it is kept by a cache', async (t) => {
  const { messageId: textOnly } = await receiveMessage(domain, { ...CUSTOMER, text: 'only words' })
  const pending = await receiveMedia(api, CUSTOMER, { state: 'pending' })
  const failed = await receiveMedia(api, CUSTOMER, { state: 'failed', reason: 'the link has expired' })
  const table = [
    [textOnly, 404, 'MEDIA_NOT_FOUND'],
    [pending, 409, 'MEDIA_PENDING'],
    [failed, 410, 'MEDIA_FAILED'],
    [newId(), 404, 'NOT_FOUND'],
    ['nonsense', 400, 'VALIDATION_ERROR'],
  ] as const
  for (const [id, status, code] of table) {
    const response = await ask(id)
    const { details } = matchProblem(t, response, status, code)
    t.equal(response.headers['cache-control'], undefined)
    t.equal((await ask(id, {}, 'HEAD')).statusCode, status)
    if (code === 'MEDIA_PENDING') t.match(response.headers['retry-after'], /^[1-9]\d*$/)
    if (code === 'MEDIA_FAILED') t.same(details, { reason: 'the link has expired' })
  }
})

t.test('bytes that are gone from the storage are counted, for somebody must look', async (t) => {
  const id = await receiveMedia(api, CUSTOMER, JPEG, bytes)
  await dependencies.storage.delete(storageKeyOf({ tenantId: 'acme', messageId: id }))
  matchProblem(t, await ask(id), 404, 'MEDIA_NOT_FOUND')
  t.match(await dependencies.registry.metrics(), /^media_missing_total 1$/m)
})

t.test('another tenant\u2019s file is not there, and a key needs the scope', async (t) => {
  const theirs = await receiveMedia(api, { tenantId: 'other', phone: '+5511955550100' }, JPEG, bytes)
  for (const method of ['GET', 'HEAD'] as const) {
    t.equal((await ask(theirs, {}, method)).statusCode, 404)
    t.equal((await ask(photo, { 'x-api-key': keys.other }, method)).statusCode, 404)
    t.equal((await ask(photo, { 'x-api-key': keys.other, 'if-none-match': '*' }, method)).statusCode, 404)
    t.equal((await ask(theirs, { 'x-api-key': keys.other }, method)).statusCode, 200)
    t.equal((await ask(photo, { 'x-api-key': await keyWith('send', 'webhook') }, method)).statusCode, 403)
    t.equal((await ask(photo, { 'x-api-key': 'a wrong key of some length' }, method)).statusCode, 401)
  }
  t.equal((await ask(photo, { 'x-api-key': await keyWith('read') })).statusCode, 200)
})

const large = randomBytes(20_000_000)
const film = await receiveMedia(api, CUSTOMER, { type: 'video', mimeType: 'video/mp4' }, large)

/** Resolves when the file that the next download opens is closed again. */
function nextClosed(onOpened: () => Promise<void> | void = () => undefined): Promise<void> {
  const { storage } = dependencies
  const { open } = storage
  return new Promise((resolve) => {
    storage.open = async (...asked) => {
      storage.open = open
      const opened = await open(...asked)
      opened?.body.once('close', resolve)
      await onOpened()
      return opened
    }
  })
}

t.test('a client that goes away leaves no file open, and the next one is served', async (t) => {
  const url = (await app.listen({ host: '127.0.0.1', port: 0 })) + pathOf(film)
  const download = (signal: AbortSignal) => fetch(url, { signal, headers: { 'x-api-key': keys.acme } })

  const whileFlowing = new AbortController()
  const closed = nextClosed()
  const reader = (await download(whileFlowing.signal)).body?.getReader()
  t.ok((await reader?.read())?.value?.byteLength, 'bytes have come')
  whileFlowing.abort()
  await closed

  const beforeFirstByte = new AbortController()
  const gone = new Promise<void>((resolve) =>
    app.server.once('request', ({ socket }) => socket.once('close', () => resolve())),
  )
  const closedToo = nextClosed(() => {
    beforeFirstByte.abort()
    return gone
  })
  await t.rejects(download(beforeFirstByte.signal), { name: 'AbortError' })
  await closedToo

  t.ok((await ask(film)).rawPayload.equals(large))
})

t.test('a client that stands still and reads nothing does not hold a file open for ever', async (t) => {
  const server = createHttpServer({ logger: dependencies.logger })
  await server.register(authentication, dependencies)
  await server.register(mediaRoutes, { ...dependencies, idleClientMs: 50 })
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
  t.teardown(() => server.close())
  const closed = nextClosed()
  const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
  t.teardown(() => void socket.destroy())
  socket.pause()
  socket.write(`GET ${pathOf(film)} HTTP/1.1\r\nhost: here\r\nx-api-key: ${keys.acme}\r\n\r\n`)
  await t.resolves(closed)
})
