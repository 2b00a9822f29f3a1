import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json, text } from 'node:stream/consumers'
import { createBrokerClient } from '@carteiro/broker-client/broker-client'
import { type Test, test } from 'tap'
import { fetchByBroker } from './fetch-by-broker.ts'
import type { MediaRequest } from './media-fetcher.ts'

interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** Any broker of the contract: answers as told, in turn. */
async function startBroker(t: Test, answers: Answer[]) {
  const asked: unknown[] = []
  const server = createServer(async (request, response) => {
    asked.push(await json(request))
    const { status, body, headers } = answers.shift() ?? { status: 500 }
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body ?? ''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const broker = createBrokerClient({ url, apiKey: 'the key', timeoutMs: 30_000 })
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(async () => {
    await stop()
    await broker.close()
  })
  return { fetch: fetchByBroker(broker), asked, stop }
}

const mediaKey = Buffer.alloc(32, 1).toString('base64')
const request: MediaRequest = {
  tenantId: 'demo',
  instanceId: 'main',
  messageId: '0198c0de-0000-7000-8000-000000000001',
  providerMessageId: '3A01',
  media: { mediaType: 'image', directPath: '/v/file', mediaKey },
}
const { signal } = new AbortController()
const problem = (code: string) => ({ error: { code, message: 'why' } })

test('a file is asked for by its place and key, as every broker of the contract takes it', async (t) => {
  const headers = { 'content-type': 'image/jpeg', 'content-length': '9' }
  const { fetch, asked } = await startBroker(t, [{ status: 200, body: 'the bytes', headers }])
  const { body, contentType, size } = await fetch(request, signal)
  t.same(
    { contentType, size, body: await text(body) },
    {
      contentType: 'image/jpeg',
      size: 9,
      body: 'the bytes',
    },
  )
  t.same(asked, [{ directPath: '/v/file', mediaKey, mediaType: 'image' }])
})

test('a file that is gone from its place is asked for by its message, and then by nothing more', async (t) => {
  const gone = { status: 410, body: problem('MEDIA_GONE') }
  const again = await startBroker(t, [gone, { status: 200, body: 'the bytes' }])
  t.equal(await text((await again.fetch(request, signal)).body), 'the bytes')
  t.match(again.asked, [{ directPath: '/v/file' }, { messageId: '3A01' }])

  const unknown = await startBroker(t, [gone, { status: 404, body: problem('MEDIA_NOT_FOUND') }])
  await t.rejects(unknown.fetch(request, signal), { code: 'MEDIA_GONE', retriable: false })
})

test('without a place or a key the message is asked for; without both there is nothing to ask', async (t) => {
  for (const media of [
    { mediaType: 'image' },
    { mediaType: 'image', directPath: '/v/file' },
    { mediaType: 'image', mediaKey },
    { mediaType: 'hologram', directPath: '/v/file', mediaKey },
    { mediaType: 'image', directPath: '//evil.example', mediaKey },
  ]) {
    const { fetch, asked } = await startBroker(t, [{ status: 200, body: 'the bytes' }])
    await fetch({ ...request, media }, signal).then(({ body }) => text(body))
    t.same(asked, [{ messageId: '3A01' }])
  }
  const { fetch } = await startBroker(t, [])
  const nameless = { ...request, providerMessageId: '', media: { mediaType: 'image' } }
  await t.rejects(fetch(nameless, signal), { code: 'NO_SOURCE', retriable: false })
})

const wait = { 'retry-after': '30' }
const refusals: [Answer, { code: string; retriable: boolean; retryAfterSeconds?: number }][] = [
  [
    { status: 409, body: problem('INSTANCE_DISCONNECTED') },
    { code: 'INSTANCE_DISCONNECTED', retriable: true },
  ],
  [
    { status: 409, body: problem('INSTANCE_NOT_CONNECTED') },
    { code: 'INSTANCE_DISCONNECTED', retriable: true },
  ],
  [
    { status: 421, body: problem('INSTANCE_ELSEWHERE') },
    { code: 'INSTANCE_ELSEWHERE', retriable: true },
  ],
  [
    { status: 404, body: problem('INSTANCE_NOT_FOUND') },
    { code: 'INSTANCE_NOT_FOUND', retriable: true },
  ],
  [
    { status: 404, body: problem('NOT_FOUND') },
    { code: 'UNSUPPORTED_OPERATION', retriable: false },
  ],
  [
    { status: 413, body: problem('MEDIA_TOO_LARGE') },
    { code: 'MEDIA_TOO_LARGE', retriable: false },
  ],
  [{ status: 413 }, { code: 'MEDIA_TOO_LARGE', retriable: false }],
  [
    { status: 429, body: problem('RATE_LIMITED'), headers: wait },
    { code: 'RATE_LIMITED', retriable: true, retryAfterSeconds: 30 },
  ],
  [
    { status: 503, body: problem('SHUTTING_DOWN'), headers: wait },
    { code: 'SHUTTING_DOWN', retriable: true, retryAfterSeconds: 30 },
  ],
  [
    { status: 503, body: 'busy', headers: wait },
    { code: 'BROKER_UNREACHABLE', retriable: true, retryAfterSeconds: 30 },
  ],
  [
    { status: 502, body: problem('MEDIA_FETCH_FAILED') },
    { code: 'MEDIA_FETCH_FAILED', retriable: true },
  ],
  [
    { status: 502, body: problem('MEDIA_CORRUPT') },
    { code: 'MEDIA_CORRUPT', retriable: true },
  ],
  [
    { status: 401, body: problem('INVALID_API_KEY') },
    { code: 'BROKER_AUTH', retriable: true },
  ],
  [
    { status: 422, body: problem('MESSAGE_WITHOUT_MEDIA') },
    { code: 'MESSAGE_WITHOUT_MEDIA', retriable: false },
  ],
  [
    { status: 400, body: { error: 'flat text' } },
    { code: 'UNKNOWN_ERROR', retriable: false },
  ],
]
for (const [answer, fault] of refusals) {
  test(`${answer.status} ${JSON.stringify(answer.body ?? '')} is told as ${fault.code}`, async (t) => {
    const { fetch, asked } = await startBroker(t, [answer])
    await t.rejects(fetch(request, signal), { name: 'MediaFetchError', ...fault })
    t.equal(asked.length, 1)
  })
}

test('a broker that is away is waited for; a caller who gives up is not told a fault of it', async (t) => {
  const { fetch, stop } = await startBroker(t, [])
  await stop()
  await t.rejects(fetch(request, signal), { code: 'BROKER_UNREACHABLE', retriable: true })
  await t.rejects(fetch(request, AbortSignal.abort(new Error('given up'))), { message: 'given up' })
})
