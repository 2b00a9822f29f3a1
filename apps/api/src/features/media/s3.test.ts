import { randomBytes } from 'node:crypto'
import { startS3 } from '@carteiro/storage/testing/start-s3'
import t from 'tap'
import { receiveMedia } from '../../testing/receive-media.ts'
import { startApi } from '../../testing/start-api.ts'

const s3 = await startS3(t)
const api = await startApi(t, {
  env: {
    STORAGE_DRIVER: 's3',
    S3_ENDPOINT: s3.options.endpoint,
    S3_BUCKET: s3.options.bucket,
    S3_ACCESS_KEY_ID: s3.options.credentials.accessKeyId,
    S3_SECRET_ACCESS_KEY: s3.options.credentials.secretAccessKey,
  },
})
const { app, keys, dependencies } = api
const bytes = randomBytes(6_000_001)
const sender = { tenantId: 'acme', phone: '+5511955550100' }
const id = await receiveMedia(api, sender, { type: 'video', mimeType: 'video/mp4' }, bytes)
const url = `/api/messages/${id}/media`
const ask = (headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  app.inject({ method, url, headers: { 'x-api-key': keys.acme, ...headers } })

t.test('bytes in S3 are given out as those on disk are', async (t) => {
  t.same(await s3.keys(), [`acme/messages/${id}`])
  const whole = await ask()
  t.equal(whole.statusCode, 200)
  t.ok(whole.rawPayload.equals(bytes))
  t.match(whole.headers, { 'content-type': 'video/mp4', 'content-length': '6000001' })
  const part = await ask({ range: 'bytes=-2000' })
  t.equal(part.statusCode, 206)
  t.equal(part.headers['content-range'], 'bytes 5998001-6000000/6000001')
  t.ok(part.rawPayload.equals(bytes.subarray(-2000)))
  t.equal((await ask({ range: 'bytes=6000001-' })).statusCode, 416)
  t.equal((await ask({}, 'HEAD')).headers['content-length'], '6000001')
  t.equal((await ask({ 'if-none-match': String(whole.headers.etag) })).statusCode, 304)
})

t.test('a client that goes away lets the connection to S3 go', async (t) => {
  const { storage } = dependencies
  const { open } = storage
  const closed = new Promise<void>((resolve) => {
    storage.open = async (...asked) => {
      storage.open = open
      const opened = await open(...asked)
      opened?.body.once('close', resolve)
      return opened
    }
  })
  const abort = new AbortController()
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(address + url, { signal: abort.signal, headers: { 'x-api-key': keys.acme } })
  t.ok((await response.body?.getReader().read())?.value?.byteLength, 'bytes have come')
  abort.abort()
  await t.resolves(closed)
})
