import { once } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { createS3Storage } from './s3.ts'
import { startS3 } from './testing/start-s3.ts'

const KEY = 'acme/messages/1'
const OPTIONS = { contentType: 'image/jpeg', maxBytes: 1_000_000 }
const CREDENTIALS = { accessKeyId: 'id', secretAccessKey: 'secret' }

/** A server that does this with every request. */
async function startServer(t: Test, listener: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
}

const open = (t: Test, endpoint: string, timeouts: { answerTimeoutMs?: number } = {}) => {
  const options = { endpoint, bucket: 'media', region: 'us-east-1', forcePathStyle: true }
  const storage = createS3Storage({ ...options, credentials: CREDENTIALS, ...timeouts })
  t.teardown(() => storage.close())
  return storage
}

t.test('a bucket that is missing is an error, not an object that is missing', async (t) => {
  const { options } = await startS3(t)
  const storage = createS3Storage({ ...options, bucket: 'elsewhere' })
  t.teardown(() => storage.close())
  await t.rejects(storage.open(KEY), { name: 'NoSuchBucket' })
  await t.rejects(storage.put(KEY, Buffer.from('x'), OPTIONS), { name: 'NoSuchBucket' })
})

t.test('a server that never answers is given up', async (t) => {
  const storage = open(t, await startServer(t, () => undefined), { answerTimeoutMs: 50 })
  await t.rejects(storage.open(KEY), { name: 'TimeoutError' })
  await t.rejects(storage.stat(KEY), { name: 'TimeoutError' })
  await t.rejects(storage.put(KEY, Buffer.from('x'), OPTIONS), { name: 'TimeoutError' })
})

t.test('a server that knows no ranges gives an error, never other bytes', async (t) => {
  const storage = open(t, await startServer(t, (_request, response) => void response.end('whole object')))
  await t.rejects(storage.open(KEY, { start: 2, end: 3 }), /did not say how long/)
})

t.test('a server that refuses is an error, not an object that is missing', async (t) => {
  const storage = open(t, await startServer(t, (_request, response) => void response.writeHead(403).end()))
  await t.rejects(storage.open(KEY), { message: 'UnknownError' })
  await t.rejects(storage.stat(KEY), { message: 'UnknownError' })
  await t.rejects(storage.delete(KEY), { message: 'UnknownError' })
})
