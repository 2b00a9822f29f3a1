import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect as connectByTls } from 'node:tls'
import type { MediaType } from '@carteiro/contracts/media'
import {
  type AnyMediaMessageContent,
  downloadContentFromMessage,
  prepareWAMessageMedia,
  type proto,
} from '@whiskeysockets/baileys'
import { t, test } from 'tap'
import { createPhoneMedia } from './create-phone-media.ts'
import { startTestMediaHost, uploadRequest } from './test-media-host.ts'

const { host, upload, options, ask } = await startTestMediaHost(t)
const phone = createPhoneMedia(host)

const types: [type: MediaType, sent: (bytes: Buffer) => AnyMediaMessageContent][] = [
  ['image', (image) => ({ image, jpegThumbnail: '' })],
  ['video', (video) => ({ video, jpegThumbnail: '' })],
  ['ptv', (video) => ({ video, ptv: true, jpegThumbnail: '' })],
  ['audio', (audio) => ({ audio, ptt: true, seconds: 1 })],
  ['document', (document) => ({ document, mimetype: 'application/pdf' })],
  ['sticker', (sticker) => ({ sticker })],
]

/** The file that a message names. */
function fileOf(message: proto.IMessage) {
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } = message
  const file = imageMessage ?? videoMessage ?? ptvMessage ?? audioMessage ?? documentMessage ?? stickerMessage
  const { mediaKey, directPath, url } = file ?? {}
  if (!file || !mediaKey || !directPath || !url) throw new Error('the message names no file')
  return { ...file, mediaKey, directPath, url }
}

for (const [type, sent] of types) {
  test(`the bytes of a ${type} that Baileys uploads are those that a phone opens`, async (t) => {
    // None, a whole number of AES blocks, one byte more, and more than one chunk.
    for (const size of [0, 4096, 4097, 1_000_001]) {
      const plain = randomBytes(size)
      const file = fileOf(await prepareWAMessageMedia(sent(plain), { upload }))
      t.equal(file.url, host.url + file.directPath)
      t.ok(plain.equals(await phone.download(file, type)), `${size} bytes`)
    }
  })

  test(`the bytes of a ${type} that a phone uploads are those that Baileys downloads`, async (t) => {
    for (const size of [0, 4096, 4097, 1_000_001]) {
      const plain = randomBytes(size)
      const { url, directPath, mediaKey } = await phone.upload(plain, type)
      const byPath = { mediaKey, directPath }
      const opened = await downloadContentFromMessage(byPath, type, { options, host: host.hostname })
      t.ok(plain.equals(await buffer(opened)), `${size} bytes by path`)
      const byUrl = await downloadContentFromMessage({ mediaKey, url }, type, { options })
      t.ok(plain.equals(await buffer(byUrl)), `${size} bytes by URL`)
    }
  })
}

test('Baileys reads a part of a file', async (t) => {
  const plain = randomBytes(100_000)
  const media = await phone.upload(plain, 'video')
  for (const [startByte, endByte] of [
    [0, 1_000],
    [1_000, 2_000],
    [17, 50_001],
  ] as const) {
    const part = await downloadContentFromMessage(media, 'video', { options, startByte, endByte })
    t.ok(plain.subarray(startByte, endByte).equals(await buffer(part)), `${startByte} to ${endByte}`)
  }
})

test('a range is answered as HTTP has it', async (t) => {
  const sealed = randomBytes(1_000)
  const { directPath } = host.store(sealed, 'image')
  const cases: [range: string | undefined, status: number, told: string | undefined, part: Buffer][] = [
    [undefined, 200, undefined, sealed],
    ['bytes=0-9', 206, 'bytes 0-9/1000', sealed.subarray(0, 10)],
    ['bytes=990-', 206, 'bytes 990-999/1000', sealed.subarray(990)],
    ['bytes=-5', 206, 'bytes 995-999/1000', sealed.subarray(995)],
    ['bytes=500-5000', 206, 'bytes 500-999/1000', sealed.subarray(500)],
    ['bytes=1000-', 416, 'bytes */1000', Buffer.alloc(0)],
    ['bytes=0-1,5-6', 200, undefined, sealed],
    ['lines=0-1', 200, undefined, sealed],
    ['nonsense', 200, undefined, sealed],
  ]
  for (const [range, status, told, part] of cases) {
    const answer = await ask(directPath, { headers: range === undefined ? {} : { range } })
    t.equal(answer.status, status, String(range))
    t.equal(answer.headers['content-range'], told, String(range))
    t.ok(answer.body.equals(part), String(range))
  }
  const head = await ask(directPath, { method: 'HEAD' })
  t.match(head, { status: 200, headers: { 'content-length': '1000' } })
  t.equal(head.body.length, 0)
})

test('the same bytes are kept once, wherever they come from', async (t) => {
  const sealed = randomBytes(100)
  const before = host.count()
  const places = [host.store(sealed, 'image'), host.store(sealed, 'image')]
  t.equal((await ask(...uploadRequest(host, sealed))).status, 200)
  t.equal(host.count(), before + 1)
  for (const { directPath } of places) t.ok(host.read(directPath).equals(sealed))
})

test('a path that was not given out, or is no path, leads nowhere', async (t) => {
  const { directPath } = host.store(randomBytes(10), 'image')
  const forged = directPath.replace(/oh=01_./, (given) => `oh=01_${given.endsWith('A') ? 'B' : 'A'}`)
  const later = directPath.replace(/oe=\w+/, 'oe=ffffffff')
  const cases: [path: string, status: number][] = [
    [forged, 403],
    [later, 403],
    [directPath.replace(/\?.*/, ''), 403],
    ['/v/t62.7118-24/unknown_n.enc', 403],
    ['/', 404],
    ['//', 404],
    ['/v/../etc/passwd', 404],
    ['/mms/image/token', 404],
  ]
  for (const [path, status] of cases) t.equal((await ask(path)).status, status, path)
  for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
    t.equal((await ask(directPath, { method })).status, 405, method)
  }
})

test('a client that does not trust the authority does not get through', async (t) => {
  const { directPath } = host.store(randomBytes(10), 'image')
  const other = await startTestMediaHost(t)
  await t.rejects(ask(directPath, { ca: other.host.certificate }), { code: /CERT|VERIFY|SIGNATURE/ })
  t.equal((await ask(directPath)).status, 200, 'who does, still does')
})

test('a client that speaks no TLS, or no HTTP, is hung up on, and the host lives on', async (t) => {
  const { directPath } = host.store(randomBytes(10), 'image')
  const port = Number(new URL(host.url).port)
  const garbage = [
    Buffer.alloc(1_000, 'a'),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from(`GET / HTTP/1.1\r\nx-large: ${'a'.repeat(100_000)}`),
  ]
  for (const bytes of garbage) {
    await hungUp(connect(port, '127.0.0.1'), bytes)
    await hungUp(connectByTls({ port, host: '127.0.0.1', ca: host.certificate }), bytes)
  }
  t.equal((await ask(directPath)).status, 200)
})

/** Writes, and resolves when the other side has closed the connection. */
async function hungUp(socket: Socket, bytes: Buffer): Promise<void> {
  socket.on('error', () => undefined)
  socket.resume().write(bytes)
  await new Promise((resolve) => socket.once('close', resolve))
}
