import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLogger } from '@carteiro/runtime/logger'
import { createPhoneMedia } from '@carteiro/simulation/media/create-phone-media'
import type { MediaFault } from '@carteiro/simulation/media/media-faults'
import { startMediaHost } from '@carteiro/simulation/media/start-media-host'
import { t, test } from 'tap'
import { MediaDownloads } from './download-media.ts'
import { createMediaHost } from './media-host.ts'

const { db } = await createTestDatabase(t)
const simulated = await startMediaHost({ logger: createLogger('test', 'silent') })
t.teardown(() => simulated.stop())
const phone = createPhoneMedia(simulated)

function downloadsTrusting(ca: string | undefined): MediaDownloads {
  const host = createMediaHost(2, ca)
  t.teardown(() => host.close())
  return new MediaDownloads({
    db,
    host,
    askUpload: () => Promise.resolve(undefined),
    maxBytes: 10_000_000,
    simulatorUrl: simulated.url,
    report: { mediaDownloaded: () => undefined },
  })
}
const downloads = downloadsTrusting(simulated.certificate)

type Type = 'image' | 'video' | 'ptv' | 'audio' | 'document' | 'sticker'

/** What a customer's phone has uploaded, and what the message then names. */
async function uploaded(mediaType: Type, bytes: number) {
  const plain = randomBytes(bytes)
  const { mediaKey, fileSha256, fileEncSha256, fileLength, ...placed } = await phone.upload(plain, mediaType)
  const base64 = (given: Uint8Array) => Buffer.from(given).toString('base64')
  const media = {
    ...{ ...placed, fileLength, mediaType, mimetype: undefined },
    ...{ mediaKey: base64(mediaKey), fileSha256: base64(fileSha256), fileEncSha256: base64(fileEncSha256) },
  }
  return { plain, media }
}

async function bytesOf(file: Awaited<ReturnType<typeof uploaded>>, from = downloads): Promise<Buffer> {
  const wanted = { messageId: undefined, media: file.media }
  const { body } = await from.open({ instanceId: 'main', wanted, signal: new AbortController().signal })
  return Buffer.isBuffer(body) ? body : await buffer(body)
}

for (const type of ['image', 'video', 'ptv', 'audio', 'document', 'sticker'] as const) {
  test(`a ${type} that a simulated phone uploads is fetched whole`, async (t) => {
    for (const bytes of [0, 4096, 4097, 3_000_000]) {
      const file = await uploaded(type, bytes)
      t.ok(file.plain.equals(await bytesOf(file)), `${bytes} bytes`)
    }
  })
}

test('a media host whose authority is not trusted is not read', async (t) => {
  await t.rejects(bytesOf(await uploaded('image', 10), downloadsTrusting(undefined)), {
    code: 'MEDIA_FETCH_FAILED',
  })
})

const faults: [what: string, fault: MediaFault, code: string][] = [
  ['is gone', { kind: 'refuse', status: 404 }, 'MEDIA_GONE'],
  ['has a path that ended', { kind: 'refuse', status: 403 }, 'MEDIA_GONE'],
  ['meets a host that fails', { kind: 'refuse', status: 503 }, 'MEDIA_FETCH_FAILED'],
  ['breaks off at once', { kind: 'cut', afterBytes: 0 }, 'MEDIA_FETCH_FAILED'],
  ['breaks off on its way', { kind: 'cut', afterBytes: 500_000 }, 'MEDIA_FETCH_FAILED'],
]
for (const [what, fault, code] of faults) {
  test(`a file that ${what} is ${code}, and the next try has it`, async (t) => {
    const file = await uploaded('video', 900_000)
    simulated.faults.add('download', fault)
    await t.rejects(bytesOf(file), { code })
    t.ok(file.plain.equals(await bytesOf(file)))
  })
}

test('a file that has expired is gone', async (t) => {
  const file = await uploaded('image', 10)
  simulated.expire(file.media.directPath)
  await t.rejects(bytesOf(file), { code: 'MEDIA_GONE' })
})

test('a slow file is whole', async (t) => {
  const file = await uploaded('image', 100_000)
  simulated.faults.add('download', { kind: 'slow', bytesPerSecond: 2_000_000 })
  t.ok(file.plain.equals(await bytesOf(file)))
})
