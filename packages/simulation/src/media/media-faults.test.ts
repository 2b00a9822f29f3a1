import { randomBytes } from 'node:crypto'
import { t, test } from 'tap'
import type { MediaFault } from './media-faults.ts'
import { startTestMediaHost, until, uploadRequest } from './test-media-host.ts'

const SIZE = 200_000
const { host, ask } = await startTestMediaHost(t, { limits: { maxBytes: 2 * SIZE } })
const sealed = randomBytes(SIZE)
const place = () => host.store(sealed, 'video').directPath
const refused: MediaFault = { kind: 'refuse', status: 507 }

test('a refused request is answered with the status; the next one is not', async (t) => {
  const directPath = place()
  host.faults.add('download', refused, 2)
  for (const status of [507, 507, 200]) t.equal((await ask(directPath)).status, status)
  host.faults.add('upload', refused)
  for (const status of [507, 200]) t.equal((await ask(...uploadRequest(host, sealed))).status, status)
})

test('faults of one way leave the other one alone, and can be taken back', async (t) => {
  host.faults.add('upload', refused)
  t.equal((await ask(place())).status, 200)
  host.faults.clear()
  t.equal((await ask(...uploadRequest(host, sealed))).status, 200)
})

test('a download that is cut ends the connection, not the answer', async (t) => {
  for (const afterBytes of [0, 1, 100_000, SIZE]) {
    host.faults.add('download', { kind: 'cut', afterBytes })
    if (afterBytes < SIZE) await t.rejects(ask(place()), { code: 'ECONNRESET' }, String(afterBytes))
    // All bytes were there before the cut: the client needs no more.
    else t.equal((await ask(place())).body.length, SIZE)
  }
})

test('an upload that is cut is not kept, nor is room kept for it', async (t) => {
  const before = host.count()
  for (let i = 0; i < 5; i += 1) {
    host.faults.add('upload', { kind: 'cut', afterBytes: 10_000 })
    await t.rejects(ask(...uploadRequest(host, randomBytes(SIZE))), { code: /ECONNRESET|EPIPE/ })
  }
  t.equal(host.count(), before)
  t.equal((await ask(...uploadRequest(host, randomBytes(SIZE)))).status, 200)
})

test('a download that stalls holds the connection until the client goes', async (t) => {
  host.faults.add('download', { kind: 'stall', afterBytes: 10 })
  const client = new AbortController()
  const begun = Promise.withResolvers<void>()
  const asking = ask(place(), { signal: client.signal, onBytes: begun.resolve })
  await begun.promise
  client.abort()
  await t.rejects(asking)
})

test('uploads that stall hold their room until their clients go', async (t) => {
  host.faults.add('upload', { kind: 'stall', afterBytes: 10 }, 2)
  const client = new AbortController()
  const { signal } = client
  const asking = [1, 2].map(() => {
    const [path, request] = uploadRequest(host, randomBytes(SIZE))
    return t.rejects(ask(path, { ...request, signal }))
  })
  const hasRoom = () => {
    try {
      return place() !== ''
    } catch {
      return false
    }
  }
  await until(() => !hasRoom())
  client.abort()
  await Promise.all(asking)
  await until(hasRoom)
})

test('a slow file is whole', async (t) => {
  const slow: MediaFault = { kind: 'slow', bytesPerSecond: 4_000_000 }
  host.faults.add('download', slow)
  t.ok((await ask(place())).body.equals(sealed))
  host.faults.add('upload', slow)
  t.equal((await ask(...uploadRequest(host, sealed))).status, 200)
})

test('an expired file is 410 to HTTP and gone to phones', async (t) => {
  const directPath = place()
  host.expire(directPath)
  t.equal((await ask(directPath)).status, 410)
  t.throws(() => host.read(directPath), { code: 'MEDIA_GONE' })
  t.throws(() => host.expire(directPath), { code: 'MEDIA_GONE' })
  t.equal((await ask(place())).status, 200, 'a new upload has a path of its own')
})

test('no more faults wait than there is room for', async (t) => {
  t.throws(() => host.faults.add('upload', refused, 10_001), { code: 'QUEUE_FULL' })
  host.faults.add('upload', refused, 10_000)
  t.throws(() => host.faults.add('upload', refused), { code: 'QUEUE_FULL' })
  host.faults.clear()
})
