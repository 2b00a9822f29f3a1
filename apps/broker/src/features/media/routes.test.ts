import type { MediaDownloadBody } from '@carteiro/contracts/broker-api'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { SIMULATOR_ROOT } from '@carteiro/simulation/wire/certificate'
import type { proto } from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { readBrokerConfig } from '../../config.ts'
import { startBroker } from '../../start-broker.ts'
import { toEvent } from '../receiving/to-event.ts'
import {
  cutting,
  giving,
  givingUntold,
  refusing,
  type SealedFile,
  sealFile,
  stalling,
  startTestMediaHost,
} from './test-media-host.ts'

const API_KEY = 'the key of the broker'
const MEBIBYTE = 1024 * 1024
const MAX_BYTES = 7 * MEBIBYTE
const logger = createLogger('test', 'silent')

const database = await createTestDatabase(t)
const host = await startTestMediaHost(t)
const lifecycle = createLifecycle(logger)
const broker = await startBroker({
  config: readBrokerConfig({
    DATABASE_URL: database.url,
    BROKER_PORT: '0',
    WHATSAPP_BROKER_API_KEY: API_KEY,
    SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
    WHATSAPP_WEB_SOCKET_URL: 'ws://127.0.0.1:1',
    WHATSAPP_SIMULATOR_ROOT: SIMULATOR_ROOT,
    WHATSAPP_MEDIA_URL: host.url,
    MEDIA_MAX_BYTES: String(MAX_BYTES),
  }),
  logger,
  lifecycle,
})
t.teardown(() => lifecycle.stop())
await broker.instances.create({ id: 'main', name: 'Main', tenantId: 'demo' })

const download = (
  body: unknown,
  { id = 'main', key = API_KEY, signal = new AbortController().signal } = {},
) =>
  fetch(`${broker.address}/instances/${id}/media/download`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', 'x-request-id': 'request-1' },
    body: JSON.stringify(body),
    signal,
  })
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
const refusalOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; requestId: string } }
  return { status: response.status, code: error.code }
}

const small = await sealFile('image', 10_000)
const large = await sealFile('video', 6 * MEBIBYTE)
/** The body that asks for a file under a path that is answered so. */
const at = (
  path: string,
  answer: Parameters<typeof host.at>[1],
  { named }: SealedFile = small,
): MediaDownloadBody => ({
  ...named,
  directPath: host.at(path, answer),
})

const damaged = ({ sealed }: SealedFile) => {
  const other = Buffer.from(sealed)
  other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.length - 1)
  return other
}

async function journal(id: string, content: proto.IMessage): Promise<void> {
  const key = { remoteJid: '5511988887777@s.whatsapp.net', id, fromMe: false }
  const context = { instanceId: 'main', upsertType: 'notify', receivedAt: new Date() } as const
  const inbound = toEvent({ key, message: content }, context)
  if (inbound.kind !== 'event') throw new Error(inbound.reason)
  await database.db
    .insertInto('broker.journal')
    .values({
      instance_id: 'main',
      event_id: id,
      chat_key: inbound.chatKey,
      event: JSON.stringify(inbound.event),
      state: 'published',
    })
    .execute()
}

for (const mediaType of ['image', 'video', 'ptv', 'audio', 'document', 'sticker'] as const) {
  test(`the bytes of a ${mediaType} are those that were sealed, without a session`, async (t) => {
    // A whole number of AES blocks, and one byte more.
    for (const bytes of [4096, 4097]) {
      const file = await sealFile(mediaType, bytes)
      const response = await download(at(`/v/${mediaType}`, giving(file.sealed), file))
      t.equal(response.status, 200)
      t.equal(
        response.headers.get('content-length'),
        String(bytes),
        'a file that is known whole has a length',
      )
      t.equal(response.headers.get('x-request-id'), 'request-1')
      t.equal(response.headers.get('content-type'), 'application/octet-stream')
      t.ok(file.plain.equals(await bytesOf(response)))
    }
  })
}

test('a message that WhatsApp gave us is found by its id, with the type that its sender claims', async (t) => {
  const { named, sealed, plain } = await sealFile('audio', 3_000)
  await journal('AUDIO', {
    audioMessage: {
      directPath: host.at('/v/message?ccb=1', giving(sealed)),
      url: 'https://web.whatsapp.net',
      mediaKey: Buffer.from(named.mediaKey, 'base64'),
      fileSha256: Buffer.from(named.fileSha256, 'base64'),
      fileEncSha256: Buffer.from(named.fileEncSha256, 'base64'),
      fileLength: 3_000,
      mimetype: 'audio/ogg; codecs=opus',
    },
  })
  const response = await download({ messageId: 'AUDIO' })
  t.equal(response.headers.get('content-type'), 'audio/ogg; codecs=opus')
  t.ok(plain.equals(await bytesOf(response)))
})

test('what is no type is not passed on as one', async (t) => {
  const body = { ...at('/v/type', giving(small.sealed)), mimetype: 'text/html\r\nset-cookie: a=b' }
  t.equal((await download(body)).headers.get('content-type'), 'application/octet-stream')
})

test('a large file is streamed, and its bytes are those that were sealed', async (t) => {
  const response = await download(at('/v/large', giving(large.sealed), large))
  t.equal(response.headers.get('content-length'), null)
  t.ok(large.plain.equals(await bytesOf(response)))
})

test('a file that is gone from the media host is said to be gone', async (t) => {
  for (const status of [403, 404, 410]) {
    const refusal = await refusalOf(await download(at(`/v/gone-${status}`, refusing(status))))
    t.same(refusal, { status: 410, code: 'MEDIA_GONE' })
  }
})

test('a file that is not what was sealed is never given as whole', async (t) => {
  const corrupt = { status: 502, code: 'MEDIA_CORRUPT' }
  const wrong = Buffer.alloc(32).toString('base64')
  for (const body of [
    at('/v/mac', giving(damaged(small))),
    at('/v/short', giving(small.sealed.subarray(0, 4_106))),
    at('/v/empty', giving(Buffer.alloc(0))),
    { ...at('/v/hash', giving(small.sealed)), fileSha256: wrong },
    { ...at('/v/sealed-hash', giving(small.sealed)), fileEncSha256: wrong },
    { ...at('/v/key', giving(small.sealed)), mediaKey: wrong, fileEncSha256: undefined },
  ]) {
    t.same(await refusalOf(await download(body)), corrupt, String(body.directPath))
  }
  const late = await download(at('/v/late', giving(damaged(large)), large))
  t.equal(late.status, 200)
  await t.rejects(bytesOf(late), 'the connection ends, not the answer')
})

test('more bytes than are allowed are not taken, wherever they are told', async (t) => {
  const tooLarge = { status: 413, code: 'MEDIA_TOO_LARGE' }
  const told = { ...at('/v/told', giving(small.sealed)), fileLength: MAX_BYTES + 1 }
  t.same(await refusalOf(await download(told)), tooLarge)
  t.notOk(host.asked.includes('/v/told'), 'nothing is fetched for it')
  // One block more: the length of the sealed bytes tells no less.
  const file = await sealFile('document', MAX_BYTES + 16)
  t.same(await refusalOf(await download(at('/v/length', giving(file.sealed), file))), tooLarge)
  const untold = await download(at('/v/untold', givingUntold(file.sealed), file))
  await t.rejects(bytesOf(untold), 'whose number nobody told')
})

test('a media host that fails is said to fail, and a redirect is not followed', async (t) => {
  const failed = { status: 502, code: 'MEDIA_FETCH_FAILED' }
  const elsewhere = host.at('/elsewhere', giving(small.sealed))
  for (const body of [
    at('/v/500', refusing(500)),
    at('/v/redirect', refusing(302, { location: host.url + elsewhere })),
    at('/v/cut', cutting(small.sealed.subarray(0, 5_000))),
  ]) {
    t.same(await refusalOf(await download(body)), failed)
  }
  t.notOk(host.asked.includes(elsewhere))
  const late = await download(at('/v/cut-late', cutting(large.sealed.subarray(0, 3 * MEBIBYTE)), large))
  await t.rejects(bytesOf(late), 'a connection that breaks later breaks the answer')
})

test('a caller who goes away ends the fetch, before the answer and within it', async (t) => {
  for (const [path, bytes] of [
    ['/v/before', 1_000],
    ['/v/within', 3 * MEBIBYTE],
  ] as const) {
    const closed = Promise.withResolvers<void>()
    const caller = new AbortController()
    const body = at(
      path,
      (response) => {
        response.once('close', closed.resolve)
        stalling(large.sealed.subarray(0, bytes))(response)
      },
      large,
    )
    const answer = download(body, { signal: caller.signal })
    await host.until(() => host.asked.includes(path))
    if (path === '/v/within') await answer
    caller.abort()
    await t.rejects(answer.then(bytesOf))
    await closed.promise
  }
})

const { mediaKey, mediaType } = small.named
const directPath = '/v/never'
const badBodies: [string, unknown][] = [
  ['nothing', {}],
  ['a path without a key', { directPath, mediaType }],
  ['a key without a place', { mediaKey, mediaType }],
  ['a key that is too short', { directPath, mediaType, mediaKey: 'c2hvcnQ=' }],
  ['a type that is none', { directPath, mediaKey, mediaType: 'hologram' }],
  ['a path that names a host', { directPath: '//evil.example/v', mediaKey, mediaType }],
  ['a path with a backslash', { directPath: '/\\evil.example/v', mediaKey, mediaType }],
  ['another host', { url: 'https://evil.example/v', mediaKey, mediaType }],
  ['a host that only looks like WhatsApp\u2019s', { url: 'https://evilwhatsapp.net/v', mediaKey, mediaType }],
  ['a host without TLS', { url: 'http://mmg.whatsapp.net/v', mediaKey, mediaType }],
]
for (const [what, body] of badBodies) {
  test(`${what} is refused, and nothing is fetched`, async (t) => {
    const before = host.asked.length
    t.equal((await download(body)).status, 400)
    t.equal(host.asked.length, before)
  })
}

test('a URL of WhatsApp\u2019s is taken where there is no path', async (t) => {
  host.at('/v/by-url?a=1', giving(small.sealed))
  const response = await download({ ...small.named, url: 'https://media.cdn.whatsapp.net/v/by-url?a=1' })
  t.ok(small.plain.equals(await bytesOf(response)))
})

test('what is not known is said to be so, and nobody gets in without the key', async (t) => {
  await journal('TEXT', { conversation: 'hello' })
  await journal('HIDDEN', { imageMessage: { viewOnce: true } })
  const missing = { status: 422, code: 'MESSAGE_WITHOUT_MEDIA' }
  t.same(await refusalOf(await download({ messageId: 'TEXT' })), missing)
  t.same(await refusalOf(await download({ messageId: 'HIDDEN' })), missing)
  t.same(await refusalOf(await download({ messageId: 'NONE' })), { status: 404, code: 'MEDIA_NOT_FOUND' })
  const asked = { messageId: 'TEXT' }
  t.same(await refusalOf(await download(asked, { id: 'nobody' })), {
    status: 404,
    code: 'INSTANCE_NOT_FOUND',
  })
  t.same(await refusalOf(await download(asked, { key: 'another key' })), {
    status: 401,
    code: 'INVALID_API_KEY',
  })
})

test('downloads are counted by how they ended', async (t) => {
  const metrics = await (await fetch(`${broker.address}/metrics`)).text()
  for (const result of ['done', 'aborted', 'MEDIA_GONE', 'MEDIA_CORRUPT', 'MEDIA_TOO_LARGE']) {
    t.match(metrics, new RegExp(`whatsapp_broker_media_downloads_total\\{result="${result}"\\} [1-9]`))
  }
})

test('a media host that is not there is said to be away', async (t) => {
  const body = at('/v/away', giving(small.sealed))
  await host.stop()
  t.same(await refusalOf(await download(body)), { status: 502, code: 'MEDIA_FETCH_FAILED' })
})
