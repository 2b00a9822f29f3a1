import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connectCloud } from '@carteiro/domain/instances/connect-cloud'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createSeal } from '@carteiro/runtime/seal'
import { type Test, t, test } from 'tap'
import { createGraphClient, mayHaveToken } from '../../graph/graph-client.ts'
import { fetchFromGraph } from './fetch-from-graph.ts'
import { createMediaGraph } from './graph.ts'
import type { MediaRequest } from './media-fetcher.ts'

const domain = await startDomain(t)
const { db } = domain
const seal = createSeal(randomBytes(32))
const TOKEN = 'the-token-of-the-number'
const cloud = (instanceId: string, phoneNumberId: string, accessToken?: string) => ({
  tenantId: 'acme',
  instanceId,
  name: 'Sales',
  phoneNumberId,
  appSecret: 'secret',
  verifyToken: 'token',
  accessToken,
  keepFormerSecret: true,
  actor: 'test',
  requestId: 'request-1',
})
await connectCloud({ ...domain, seal }, cloud('sales', '1001', TOKEN))
await connectCloud({ ...domain, seal }, cloud('tokenless', '1002'))

const request: MediaRequest = {
  tenantId: 'acme',
  instanceId: 'sales',
  messageId: '0198c0de-0000-7000-8000-000000000001',
  providerMessageId: 'wamid.A',
  media: { mediaType: 'image', id: '1003383421387256' },
}
const { signal } = new AbortController()

type Answer = (response: ServerResponse, url: string) => void

/** One of Meta's hosts; it serves only who brings the token. */
async function startHost(t: Test, answers: Record<string, Answer>) {
  const asked: Pick<IncomingMessage, 'url' | 'headers'>[] = []
  const server = createServer(({ url = '', headers }, response) => {
    asked.push({ url, headers })
    const answer = headers.authorization === `Bearer ${TOKEN}` ? answers[url] : problem(401, 190)
    if (answer) answer(response, origin)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(stop)
  return { origin, asked, stop }
}

const problem =
  (status: number, code: number, headers = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(JSON.stringify({ error: { message: 'why', code } }))
const redirect =
  (location: string): Answer =>
  (response) =>
    void response.writeHead(302, { location }).end()
const bytes = randomBytes(3_000_000)
const give: Answer = (response) => void response.end(bytes)
/** As Meta tells where a file is. */
const tell =
  (url: (origin: string) => string): Answer =>
  (response, origin) => {
    const told = { messaging_product: 'whatsapp', url: url(origin), mime_type: 'image/jpeg' }
    response.end(JSON.stringify({ ...told, sha256: 'ab', file_size: '3000000', id: request.media.id }))
  }

const DESCRIPTION = '/v25.0/1003383421387256'
const FILE = '/attachments/?mid=1'
const here = tell((origin) => origin + FILE)

async function setUp(t: Test, answers: Record<string, Answer>) {
  const host = await startHost(t, answers)
  const client = createGraphClient({ baseUrl: host.origin, version: 'v25.0' })
  t.teardown(() => client.close())
  const graph = createMediaGraph(client)
  return { ...host, graph, fetch: fetchFromGraph({ db, seal, graph }) }
}

test('a file is asked for by its id and fetched from where Meta says, with the number\u2019s token', async (t) => {
  const { fetch, asked } = await setUp(t, { [DESCRIPTION]: here, [FILE]: give })
  const { body, contentType, size } = await fetch(request, signal)
  t.match({ contentType, size }, { contentType: 'image/jpeg', size: bytes.length })
  t.ok(bytes.equals(await buffer(body)))
  t.match(asked, [
    { url: DESCRIPTION, headers: { authorization: `Bearer ${TOKEN}` } },
    { url: FILE, headers: { authorization: `Bearer ${TOKEN}`, 'user-agent': /^carteiro/ } },
  ])
})

test('the token goes to Meta alone: not where a description points, nor where a redirect does', async (t) => {
  const stranger = await startHost(t, {})
  const elsewhere = () => stranger.origin + FILE
  for (const answers of [
    { [DESCRIPTION]: tell(elsewhere) },
    { [DESCRIPTION]: here, [FILE]: redirect(elsewhere()) },
    { [DESCRIPTION]: tell(() => 'http://lookaside.fbsbx.com/file') },
  ]) {
    const { fetch } = await setUp(t, answers)
    await t.rejects(fetch(request, signal), { code: 'HOST_NOT_ALLOWED', retriable: false })
  }
  t.same(stranger.asked, [])
})

test('a redirect within Meta is followed, but not for ever', async (t) => {
  const { fetch } = await setUp(t, { [DESCRIPTION]: here, [FILE]: redirect('/moved'), '/moved': give })
  t.ok(bytes.equals(await buffer((await fetch(request, signal)).body)))
  const round = await setUp(t, { [DESCRIPTION]: here, [FILE]: redirect(FILE) })
  await t.rejects(round.fetch(request, signal), { code: 'GRAPH_ERROR', retriable: false })
  t.equal(round.asked.length, 5)
})

const hosts: [url: string, allowed: boolean][] = [
  ['https://graph.facebook.com/v25.0/1', true],
  ['https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1', true],
  ['https://mmg.whatsapp.net/v/1', true],
  ['http://lookaside.fbsbx.com/1', false],
  ['https://lookaside.fbsbx.com:8443/1', false],
  ['https://evilfbsbx.com/1', false],
  ['https://fbsbx.com.evil.example/1', false],
  ['https://fbsbx.com@evil.example/1', false],
]
for (const [url, allowed] of hosts) {
  test(`the token ${allowed ? 'may go' : 'does not go'} to ${url}`, async (t) => {
    t.equal(mayHaveToken(new URL(url), new URL('https://graph.facebook.com')), allowed)
  })
}

test('what Meta answers, to the question or to the fetch, is told by its code', async (t) => {
  const limited = problem(400, 80_007, { 'retry-after': '90' })
  for (const answers of [{ [DESCRIPTION]: limited }, { [DESCRIPTION]: here, [FILE]: limited }]) {
    const { fetch } = await setUp(t, answers)
    const fault = { code: 'RATE_LIMITED', retriable: true, retryAfterSeconds: 90 }
    await t.rejects(fetch(request, signal), { name: 'MediaFetchError', ...fault })
  }
  for (const answers of [{}, { [DESCRIPTION]: here }]) {
    const { fetch } = await setUp(t, answers)
    await t.rejects(fetch(request, signal), { code: 'MEDIA_GONE', retriable: false })
  }
  const { fetch } = await setUp(t, { [DESCRIPTION]: (response) => void response.end('<html>') })
  await t.rejects(fetch(request, signal), { code: 'GRAPH_ERROR', retriable: true })
})

test('a token that Meta does not take is said to be invalid, and is in no error', async (t) => {
  await connectCloud({ ...domain, seal }, cloud('expired', '1003', 'a-token-that-has-expired'))
  const { fetch } = await setUp(t, { [DESCRIPTION]: here })
  const error = await fetch({ ...request, instanceId: 'expired' }, signal).catch((error: unknown) => error)
  t.match(error, { code: 'TOKEN_INVALID', retriable: false })
  t.notMatch(JSON.stringify(error) + String(error), /a-token-that-has-expired/)
})

test('a connection that breaks breaks the stream; Meta away is told; a caller who gives up ends the fetch', async (t) => {
  const cut: Answer = (response) => {
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, 1_000), () => response.destroy())
  }
  const closed = Promise.withResolvers<void>()
  const stall: Answer = (response) => {
    response.once('close', closed.resolve)
    response.write('the first bytes')
  }
  const broken = await setUp(t, { [DESCRIPTION]: here, [FILE]: cut })
  await t.rejects(buffer((await broken.fetch(request, signal)).body))
  await broken.stop()
  await t.rejects(broken.fetch(request, signal), { code: 'GRAPH_UNREACHABLE', retriable: true })

  const caller = new AbortController()
  const { fetch } = await setUp(t, { [DESCRIPTION]: here, [FILE]: stall })
  const { body } = await fetch(request, caller.signal)
  caller.abort(new Error('given up'))
  await t.rejects(buffer(body), { message: 'given up' })
  await closed.promise
  await t.rejects(fetch(request, caller.signal), { message: 'given up' })
})

test('without a key or a token the file waits; without an instance or an id there is nothing to wait for', async (t) => {
  const { graph, fetch, asked } = await setUp(t, {})
  const waits = { code: 'NOT_CONFIGURED', retriable: true }
  await t.rejects(fetchFromGraph({ db, seal: undefined, graph })(request, signal), waits)
  const other = createSeal(randomBytes(32))
  await t.rejects(fetchFromGraph({ db, seal: other, graph })(request, signal), waits)
  await t.rejects(fetch({ ...request, instanceId: 'tokenless' }, signal), waits)
  const foreign = { ...request, tenantId: 'other' }
  await t.rejects(fetch(foreign, signal), { code: 'INSTANCE_NOT_FOUND', retriable: false })
  for (const id of [undefined, '', '..', '1/2']) {
    const media = { mediaType: 'image', id }
    await t.rejects(fetch({ ...request, media }, signal), { code: 'NO_SOURCE', retriable: false })
  }
  t.same(asked, [])
})
