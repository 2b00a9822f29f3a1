import { buffer } from 'node:stream/consumers'
import { createTestDatabase } from '@carteiro/database/test-database'
import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { type Test, t, test } from 'tap'
import { createAskUpload } from './ask-upload.ts'
import { MAX_DOWNLOADS, MediaDownloads } from './download-media.ts'
import { createMediaHost } from './media-host.ts'
import {
  giving,
  refusing,
  type SealedFile,
  sealFile,
  stalling,
  startTestMediaHost,
} from './test-media-host.ts'
import type { TransferTimes } from './transfer.ts'

const { db } = await createTestDatabase(t)
await db.insertInto('broker.instance').values({ id: 'main', tenant_id: 'demo', name: 'n' }).execute()
const file = await sealFile('image', 5_000)
const signal = new AbortController().signal

/** WhatsApp as far as a request for a new upload sees it, which the simulator does not play. */
type Update = (message: WAMessage) => Promise<WAMessage>

interface Given {
  update?: Update
  timeoutMs?: number
  times?: TransferTimes
}

const PATIENT = { firstBytesMs: 60_000, wholeMs: 60_000 }

async function setUp(t: Test, { update, timeoutMs = 60_000, times = PATIENT }: Given = {}) {
  const server = await startTestMediaHost(t)
  const host = createMediaHost(MAX_DOWNLOADS + 1)
  t.teardown(() => host.close())
  const asked: WAMessage[] = []
  const results: string[] = []
  const updateMediaMessage: Update = (message) => {
    asked.push(message)
    return update?.(message) ?? Promise.reject(new Error('nobody is asked'))
  }
  const downloads = new MediaDownloads({
    db,
    host,
    askUpload: createAskUpload({ socket: () => update && { updateMediaMessage }, timeoutMs }),
    maxBytes: 10_000_000,
    simulatorUrl: server.url,
    times,
    report: { mediaDownloaded: (_instanceId, result) => void results.push(result) },
  })
  const open = (wanted: Parameters<MediaDownloads['open']>[0]['wanted']) =>
    downloads.open({ instanceId: 'main', wanted, signal })
  return { server, downloads, asked, results, open }
}

/** Writes a message down as it stands in the journal. */
async function journal(id: string, directPath: string, { named }: SealedFile): Promise<void> {
  const event = {
    id,
    type: 'MESSAGE_INBOUND',
    instanceId: 'main',
    payload: {
      message: { id, type: 'image', imageMessage: { ...named, directPath } },
      metadata: { rawKey: { remoteJid: '5511988887777@s.whatsapp.net', id } },
    },
  }
  const row = { instance_id: 'main', event_id: id, chat_key: 'chat', event: JSON.stringify(event) }
  await db.insertInto('broker.journal').values(row).execute()
}

const movedTo =
  (directPath: string): Update =>
  async ({ key }) => ({
    key,
    message: proto.Message.fromObject({ imageMessage: { directPath } }),
  })

test('a file that is gone is asked for once, by its message, and fetched from where it is then', async (t) => {
  const { server, asked, open } = await setUp(t, { update: movedTo('/v/new') })
  server.at('/v/old', refusing(410))
  server.at('/v/new', giving(file.sealed))
  await journal('MOVED', '/v/old', file)
  const { body } = await open({ messageId: 'MOVED', media: undefined })
  t.ok(Buffer.isBuffer(body) && body.equals(file.plain))
  t.match(asked, [{ key: { id: 'MOVED', remoteJid: '5511988887777@s.whatsapp.net' } }])
  const mediaKey = asked[0]?.message?.imageMessage?.mediaKey
  t.equal(mediaKey && Buffer.from(mediaKey).toString('base64'), file.named.mediaKey)

  const named = { ...file.named, directPath: '/v/old' }
  t.ok(Buffer.isBuffer((await open({ messageId: 'MOVED', media: named })).body), 'also beside its path')
  await t.rejects(open({ messageId: undefined, media: named }), { code: 'MEDIA_GONE' })
  await t.rejects(open({ messageId: 'UNKNOWN', media: named }), { code: 'MEDIA_GONE' })
  t.equal(asked.length, 2)
})

test('a file that nobody uploads again is gone', async (t) => {
  const refused: Update = () => Promise.reject(new Error('Media re-upload failed by device (NOT_FOUND)'))
  const never: Update = () => new Promise(() => undefined)
  const cases: [string, Given][] = [
    ['not connected', {}],
    ['refused', { update: refused }],
    ['silent', { update: never, timeoutMs: 1 }],
    ['gone again', { update: movedTo('/v/also-gone') }],
    ['another host', { update: movedTo('//evil.example/v') }],
  ]
  for (const [name, given] of cases) {
    const { open, server } = await setUp(t, given)
    await journal(name, '/v/gone', file)
    await t.rejects(open({ messageId: name, media: undefined }), { code: 'MEDIA_GONE' })
    t.ok(server.asked.every((path) => path.startsWith('/v/')))
  }
})

test('many who ask for one file at once ask its sender once', async (t) => {
  const answer = Promise.withResolvers<WAMessage>()
  let asked = 0
  const updateMediaMessage: Update = () => {
    asked += 1
    return answer.promise
  }
  const askUpload = createAskUpload({ socket: () => ({ updateMediaMessage }), timeoutMs: 60_000 })
  const message = { key: { id: 'MANY', remoteJid: 'chat' } }
  const places = [1, 2, 3].map(() => askUpload('main', message))
  answer.resolve(await movedTo('/v/new')(message))
  t.same(await Promise.all(places), ['/v/new', '/v/new', '/v/new'])
  t.equal(asked, 1)
  await askUpload('main', message)
  t.equal(asked, 2, 'a later need is a new question')
})

test('more downloads than there is room for are told to come again; a stop ends those under way', async (t) => {
  const { server, downloads, results, open } = await setUp(t)
  const wanted = { messageId: undefined, media: { ...file.named, directPath: '/v/slow' } }
  server.at('/v/slow', stalling(file.sealed.subarray(0, 100)))
  const opened = Promise.allSettled(Array.from({ length: MAX_DOWNLOADS }, () => open(wanted)))
  await server.until(() => server.asked.length === MAX_DOWNLOADS)
  await t.rejects(open(wanted), { code: 'RATE_LIMITED', retryAfterSeconds: 1 })
  await downloads.stop(0)
  for (const each of await opened) t.match(each, { status: 'rejected', reason: { code: 'SHUTTING_DOWN' } })
  await t.rejects(open(wanted), { code: 'SHUTTING_DOWN' })
  t.equal(results.length, MAX_DOWNLOADS)
})

test('a media host that is too slow is not waited for, before the answer or within it', async (t) => {
  const late = await setUp(t, { times: { ...PATIENT, firstBytesMs: 1 } })
  late.server.at('/v/late', stalling(file.sealed.subarray(0, 100)))
  const wanted = { messageId: undefined, media: { ...file.named, directPath: '/v/late' } }
  await t.rejects(late.open(wanted), { code: 'MEDIA_FETCH_FAILED' })

  const large = await sealFile('video', 3_000_000)
  const within = await setUp(t, { times: { ...PATIENT, wholeMs: 1 } })
  within.server.at('/v/within', stalling(large.sealed.subarray(0, 2_000_000)))
  const { body } = await within.open({
    messageId: undefined,
    media: { ...large.named, directPath: '/v/within' },
  })
  if (Buffer.isBuffer(body)) throw new Error('more was read ahead than there is')
  await t.rejects(buffer(body), { code: 'MEDIA_FETCH_FAILED' })
  t.same([...late.results, ...within.results], ['MEDIA_FETCH_FAILED', 'MEDIA_FETCH_FAILED'])
})

test('a message whose path is empty is fetched by its URL', async (t) => {
  const { server, open } = await setUp(t)
  server.at('/v/url', giving(file.sealed))
  const url = 'https://mmg.whatsapp.net/v/url'
  await journal('URL', '', { ...file, named: Object.assign({ url }, file.named) })
  const { body } = await open({ messageId: 'URL', media: undefined })
  t.ok(Buffer.isBuffer(body) && body.equals(file.plain))
})

test('a stop does not wait for a caller who does not read', async (t) => {
  const large = await sealFile('video', 3_000_000)
  const { server, downloads, open } = await setUp(t)
  server.at('/v/unread', giving(large.sealed))
  const { body } = await open({ messageId: undefined, media: { ...large.named, directPath: '/v/unread' } })
  if (Buffer.isBuffer(body)) throw new Error('more was read ahead than there is room for')
  await downloads.stop(0)
  await t.rejects(buffer(body), { code: 'SHUTTING_DOWN' })
})
