import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import type { ResolveAll } from './guarded-connector.ts'
import { createGuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'

/** A name's answers, one a look-up; the last one stays. */
type Names = Record<string, string[][]>

const resolveFrom =
  (names: Names): ResolveAll =>
  (hostname, _options, done) => {
    const answers = names[hostname] ?? [[]]
    const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? []
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }

/** A server on loopback. `media.test` is allowed and leads there; other names are strangers'. */
async function setUp(
  t: Test,
  answer: RequestListener,
  names: Names = {},
  options: Partial<GuardedFetchOptions> = {},
) {
  const asked: string[] = []
  let connections = 0
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host?.split(':')[0]}${request.url}`)
    answer(request, response)
  })
  server.on('connection', () => void connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const { port } = address
  const guarded = createGuardedFetch({
    allowedHosts: [`Media.test:${port}`],
    resolve: resolveFrom({ 'media.test': [['127.0.0.1']], ...names }),
    ...options,
  })
  t.teardown(async () => {
    await guarded.close()
    server.closeAllConnections()
    server.close()
  })
  const at = (host: string, path = '/a.pdf') => `http://${host}:${port}${path}`
  const read = async (url: string, maxBytes = 1_000) => {
    const { body, ...file } = await guarded.fetch(url, { maxBytes })
    return { ...file, bytes: String(await buffer(body)) }
  }
  return { at, read, asked, guarded, connections: () => connections }
}

const file: RequestListener = (_request, response) =>
  void response.setHeader('content-type', 'Application/PDF; x=y').end('a file')

test('a file of an allowed host is read, with what the host says of it', async (t) => {
  const { at, read, asked } = await setUp(t, file)
  t.same(await read(at('media.test')), {
    url: at('media.test'),
    mimeType: 'application/pdf',
    size: 6,
    bytes: 'a file',
  })
  t.same(asked, ['media.test/a.pdf'])
})

test('a name that leads into our network is never connected to, whatever else it leads to', async (t) => {
  const names = {
    'inside.test': [['127.0.0.1']],
    'mapped.test': [['::ffff:127.0.0.1']],
    'meta.test': [['169.254.169.254', 'fd00::1']],
  }
  const { at, read, connections } = await setUp(t, file, names)
  for (const host of [
    ...Object.keys(names),
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    'localhost',
  ]) {
    await t.rejects(read(at(host)), { code: 'MEDIA_URL_REFUSED', status: 422 }, host)
  }
  t.equal(connections(), 0)
})

test('a name is looked up once, by the connection itself: a second answer cannot be another', async (t) => {
  let lookups = 0
  const resolve: ResolveAll = (_hostname, _options, done) => {
    lookups += 1
    done(null, [{ address: lookups === 1 ? '127.0.0.1' : '93.184.216.34', family: 4 }])
  }
  const { at, read, connections } = await setUp(t, file, {}, { resolve })
  await t.rejects(read(at('rebind.test')), { code: 'MEDIA_URL_REFUSED' })
  t.equal(lookups, 1)
  t.equal(connections(), 0)
})

test('each redirect is judged as the first address is', async (t) => {
  const names = { 'inside.test': [['127.0.0.1']] }
  for (const to of [
    'http://127.0.0.1:PORT/secret',
    'http://[::ffff:127.0.0.1]:PORT/secret',
    'http://inside.test:PORT/secret',
    '//inside.test:PORT/secret',
    'http://media.test:1/other-port',
    'file:///etc/passwd',
    'http://user:pass@media.test:PORT/secret',
  ]) {
    const { at, read, asked } = await setUp(
      t,
      (request, response) => {
        const location = to.replace('PORT', String(request.socket.localPort))
        response.writeHead(302, { location }).end()
      },
      names,
    )
    await t.rejects(read(at('media.test')), { code: 'MEDIA_URL_REFUSED' }, to)
    t.same(asked, ['media.test/a.pdf'], to)
  }
})

test('redirects are followed to where the file is, but not for ever', async (t) => {
  const { at, read, asked } = await setUp(t, (request, response) => {
    const step = Number(request.url?.slice(1))
    if (step === 3) response.end('there')
    else response.writeHead(307, { location: `/${step + 1}` }).end()
  })
  t.match(await read(at('media.test', '/0')), { url: at('media.test', '/3'), bytes: 'there' })
  asked.length = 0
  await t.rejects(read(at('media.test', '/-1')), { code: 'MEDIA_FETCH_FAILED', status: 422 })
  t.equal(asked.length, 4)
})

test('a redirect to nowhere is no file', async (t) => {
  const { at, read } = await setUp(t, (_request, response) => void response.writeHead(302).end())
  await t.rejects(read(at('media.test')), { code: 'MEDIA_FETCH_FAILED', status: 422 })
})

test('a file that is too large is refused by the host\u2019s word, and without it while it is read', async (t) => {
  const { at, read } = await setUp(t, (request, response) => {
    if (request.url === '/said') response.setHeader('content-length', 2_000)
    response.write('a'.repeat(1_500))
    response.end('a'.repeat(500))
  })
  await t.rejects(read(at('media.test', '/said')), { code: 'MEDIA_TOO_LARGE', status: 413 })
  await t.rejects(read(at('media.test', '/unsaid')), { code: 'MEDIA_TOO_LARGE', status: 413 })
  t.equal((await read(at('media.test', '/unsaid'), 2_000)).bytes.length, 2_000)
})

test('what the host answers instead of a file says whether a later try may do', async (t) => {
  const { at, read } = await setUp(t, (request, response) => {
    if (request.url === '/packed') response.setHeader('content-encoding', 'gzip').end('a')
    else response.writeHead(Number(request.url?.slice(1))).end()
  })
  const table: [answer: string, status: number][] = [
    ['404', 422],
    ['403', 422],
    ['206', 422],
    ['packed', 422],
    ['429', 502],
    ['500', 502],
  ]
  for (const [path, status] of table) {
    await t.rejects(read(at('media.test', `/${path}`)), { code: 'MEDIA_FETCH_FAILED', status }, path)
  }
})

test('a host that is silent, gone, or breaks off fails in the given time', async (t) => {
  const silent = await setUp(t, () => undefined, { 'gone.test': [[]] }, { timeoutMs: 50 })
  await t.rejects(silent.read(silent.at('media.test')), { code: 'MEDIA_FETCH_FAILED', status: 502 })
  const broken = await setUp(t, (_request, response) => {
    response.setHeader('content-length', 100)
    response.write('half', () => response.destroy())
  })
  await t.rejects(broken.read(broken.at('media.test')), { code: 'MEDIA_FETCH_FAILED', status: 502 })
})

test('who asked may give up', async (t) => {
  const asked = Promise.withResolvers<void>()
  const { at, guarded } = await setUp(t, () => asked.resolve())
  const leave = new AbortController()
  const fetching = guarded.fetch(at('media.test'), { maxBytes: 1, signal: leave.signal })
  await asked.promise
  leave.abort()
  await t.rejects(fetching, { code: 'MEDIA_FETCH_FAILED' })
})

test('a file that breaks off before anyone reads it fails when it is read, and harms nobody before', async (t) => {
  const gone = Promise.withResolvers<void>()
  const { at, guarded } = await setUp(t, (_request, response) => {
    response.on('close', gone.resolve)
    response.write('the beginning')
  })
  const leave = new AbortController()
  const { body } = await guarded.fetch(at('media.test'), { maxBytes: 1_000, signal: leave.signal })
  leave.abort()
  await gone.promise
  await t.rejects(buffer(body), { code: 'MEDIA_FETCH_FAILED' })
})

test('of our own service its files are fetched and nothing else, also when a stranger redirects there', async (t) => {
  let target = ''
  const answer: RequestListener = (request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: target }).end()
    else response.end('a file')
  }
  const names = { 'api.test': [['127.0.0.1']], 'stranger.test': [['127.0.0.1']] }
  const { at, asked } = await setUp(t, answer, names)
  const ownFiles = at('api.test', '/api/uploads/')
  const resolve = resolveFrom({ 'media.test': [['127.0.0.1']], ...names })
  const guarded = createGuardedFetch({ allowedHosts: [new URL(at('media.test')).host], ownFiles, resolve })
  t.teardown(() => guarded.close())
  const read = async (url: string) => String(await buffer((await guarded.fetch(url, { maxBytes: 100 })).body))
  t.equal(await read(at('api.test', '/api/uploads/1?signature=a')), 'a file')
  target = at('api.test', '/api/uploads/1?signature=a')
  t.equal(await read(at('media.test', '/redirect')), 'a file')
  asked.length = 0
  const paths = [
    '/metrics',
    '/api/uploads',
    '/api/uploads/../../metrics',
    '/api/uploads/%2e%2e/%2e%2e/metrics',
    '/',
  ]
  for (const path of paths) {
    await t.rejects(read(at('api.test', path)), { code: 'MEDIA_URL_REFUSED' }, path)
    target = at('api.test', path)
    await t.rejects(read(at('media.test', '/redirect')), { code: 'MEDIA_URL_REFUSED' }, path)
  }
  await t.rejects(read(at('stranger.test', '/api/uploads/1')), { code: 'MEDIA_URL_REFUSED' })
  t.same([...new Set(asked)], ['media.test/redirect'])
})
