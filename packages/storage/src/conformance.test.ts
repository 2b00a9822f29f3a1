import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { createDiskStorage } from './disk.ts'
import { createS3Storage } from './s3.ts'
import type { ByteRange, ObjectStorage } from './storage.ts'
import { startS3 } from './testing/start-s3.ts'

interface Driver {
  storage: ObjectStorage
  /** Everything that is kept: objects, and what writes that came to nothing left behind. */
  everything(): Promise<string[]>
}

const KEY = 'acme/messages/0192f0c8-0000-7000-8000-000000000001'
const OPTIONS = { contentType: 'image/jpeg', maxBytes: 20_000_000 }
/** More than one part of an S3 upload. */
const LARGE = 6_000_001

async function openDisk(t: Test): Promise<Driver> {
  const folder = t.testdir()
  const storage = await createDiskStorage(folder)
  const everything = async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  }
  return { storage, everything }
}

async function openS3(t: Test): Promise<Driver> {
  const s3 = await startS3(t)
  const storage = createS3Storage(s3.options)
  t.teardown(() => storage.close())
  return { storage, everything: async () => [...(await s3.keys()), ...(await s3.openUploads())] }
}

/** What both drivers promise. */
function promise(name: string, check: (t: Test, driver: Driver) => Promise<void>): void {
  t.test(`disk: ${name}`, async (t) => check(t, await openDisk(t)))
  t.test(`s3: ${name}`, async (t) => check(t, await openS3(t)))
}

async function read(storage: ObjectStorage, key: string, range?: ByteRange): Promise<Buffer> {
  const object = await storage.open(key, range)
  if (!object) throw new Error('there is no such object')
  return buffer(object.body)
}

/** The bytes in pieces; between the first half and the second, whatever `between` does happens. */
async function* halves(bytes: Buffer, between: () => unknown = () => undefined) {
  const middle = Math.floor(bytes.length / 2)
  yield bytes.subarray(0, middle)
  await between()
  yield bytes.subarray(middle)
}

promise('an object is read as it was put, whatever its size and however it came', async (t, { storage }) => {
  for (const size of [0, 1, LARGE]) {
    const bytes = randomBytes(size)
    const bodies = [bytes, Readable.from(halves(bytes)), halves(bytes)]
    for (const [number, body] of bodies.entries()) {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const key = `acme/messages/${size}-${number}`
      t.same(await storage.put(key, body, OPTIONS), { size, sha256 }, `${size} bytes, body ${number}`)
      const object = await storage.open(key)
      t.match(object, { size, contentType: 'image/jpeg' })
      t.ok(object && bytes.equals(await buffer(object.body)), 'the bytes are the same')
      t.same(await storage.stat(key), { size, contentType: 'image/jpeg' })
    }
  }
})

promise('a content type is kept to the letter', async (t, { storage }) => {
  for (const contentType of ['audio/ogg; codecs=opus', 'text/plain;charset="utf-8"']) {
    await storage.put(KEY, Buffer.from('x'), { ...OPTIONS, contentType })
    t.equal((await storage.stat(KEY))?.contentType, contentType)
  }
  for (const contentType of ['', 'image', 'text/plain\r\nx-other: 1', `text/${'a'.repeat(300)}`]) {
    await t.rejects(storage.put(KEY, Buffer.from('x'), { ...OPTIONS, contentType }), TypeError)
  }
})

promise('a range gives its bytes and no others', async (t, { storage }) => {
  const bytes = randomBytes(LARGE)
  await storage.put(KEY, bytes, OPTIONS)
  const last = LARGE - 1
  const ranges: ByteRange[] = [
    { start: 0, end: 0 },
    { start: 0, end: 99 },
    { start: 5_242_870, end: 5_242_890 },
    { start: last, end: last },
    { start: last - 9, end: last + 1_000 },
    { start: 0, end: last },
  ]
  for (const range of ranges) {
    const object = await storage.open(KEY, range)
    t.equal(object?.size, LARGE, 'the size is the whole object\u2019s')
    const part = object && (await buffer(object.body))
    t.ok(part?.equals(bytes.subarray(range.start, range.end + 1)), JSON.stringify(range))
  }
})

promise('a range that begins behind the last byte is refused', async (t, { storage }) => {
  const problem = { code: 'RANGE_NOT_SATISFIABLE' }
  await storage.put(KEY, randomBytes(10), OPTIONS)
  await t.rejects(storage.open(KEY, { start: 10, end: 20 }), problem)
  await storage.put(KEY, randomBytes(0), OPTIONS)
  await t.rejects(storage.open(KEY, { start: 0, end: 0 }), problem)
})

promise('what was never put is not there', async (t, { storage }) => {
  t.equal(await storage.open(KEY), undefined)
  t.equal(await storage.open(KEY, { start: 0, end: 0 }), undefined)
  t.equal(await storage.stat(KEY), undefined)
  await t.resolves(storage.delete(KEY))
})

promise(
  'what was deleted is not there, and deleting it again is no error',
  async (t, { storage, everything }) => {
    await storage.put(KEY, randomBytes(10), OPTIONS)
    await storage.delete(KEY)
    await storage.delete(KEY)
    t.equal(await storage.open(KEY), undefined)
    t.equal(await storage.stat(KEY), undefined)
    t.same(await everything(), [])
  },
)

promise('while an object is being replaced, its readers see the old one, whole', async (t, { storage }) => {
  const [older, newer] = [randomBytes(LARGE), randomBytes(LARGE - 1)]
  await storage.put(KEY, older, OPTIONS)
  const begun = await storage.open(KEY)
  const readMeanwhile = async () => {
    t.ok(older.equals(await read(storage, KEY)))
    t.equal((await storage.stat(KEY))?.size, older.length)
  }
  await storage.put(KEY, halves(newer, readMeanwhile), { ...OPTIONS, contentType: 'image/png' })
  t.ok(newer.equals(await read(storage, KEY)))
  t.same(await storage.stat(KEY), { size: newer.length, contentType: 'image/png' })
  t.ok(begun && older.equals(await buffer(begun.body)), 'who had begun to read reads on in the old one')
})

promise('before the first put has ended there is nothing to see', async (t, { storage }) => {
  const look = async () => t.equal(await storage.stat(KEY), undefined)
  await storage.put(KEY, halves(randomBytes(LARGE), look), OPTIONS)
  t.ok(await storage.stat(KEY))
})

promise(
  'two that write one key at once both succeed, and one of them is read, whole',
  async (t, { storage }) => {
    const bodies = [randomBytes(LARGE), randomBytes(LARGE), randomBytes(10)]
    await Promise.all(bodies.map((bytes) => storage.put(KEY, halves(bytes), OPTIONS)))
    const found = await read(storage, KEY)
    t.ok(bodies.some((bytes) => bytes.equals(found)))
  },
)

promise('a body that breaks off leaves nothing, and spoils nothing', async (t, { storage, everything }) => {
  for (const size of [10, 2 * LARGE]) {
    const breakOff = () => Promise.reject(new Error('the source went away'))
    const broken = () => storage.put(KEY, halves(randomBytes(size), breakOff), OPTIONS)
    await t.rejects(broken(), { message: 'the source went away' })
    t.same(await everything(), [], `${size} bytes`)
    const source = Readable.from(halves(randomBytes(size), () => source.destroy()))
    await t.rejects(storage.put(KEY, source, OPTIONS))
    t.same(await everything(), [], 'a stream that is destroyed did not end')
    await storage.put(KEY, Buffer.from('kept'), OPTIONS)
    await t.rejects(broken())
    t.equal((await read(storage, KEY)).toString(), 'kept')
    await storage.delete(KEY)
  }
})

promise(
  'a put that is given up leaves nothing, also while its body says nothing',
  async (t, { storage, everything }) => {
    for (const size of [10, 2 * LARGE]) {
      const abort = new AbortController()
      const source = Readable.from(
        halves(randomBytes(size), () => {
          abort.abort()
          return new Promise(() => undefined)
        }),
      )
      await t.rejects(storage.put(KEY, source, { ...OPTIONS, signal: abort.signal }), { name: 'AbortError' })
      t.ok(source.destroyed, 'its source is let go')
      t.same(await everything(), [])
      const late = Readable.from([Buffer.from('x')])
      await t.rejects(storage.put(KEY, late, { ...OPTIONS, signal: abort.signal }), { name: 'AbortError' })
      t.same(await everything(), [])
    }
  },
)

promise('one byte too many is refused and leaves nothing', async (t, { storage, everything }) => {
  for (const size of [1, 10, LARGE]) {
    const bytes = randomBytes(size)
    const source = Readable.from(halves(bytes))
    const refused = storage.put(KEY, source, { ...OPTIONS, maxBytes: size - 1 })
    await t.rejects(refused, { code: 'MEDIA_TOO_LARGE', status: 413 })
    t.ok(source.destroyed, 'its source is let go')
    t.same(await everything(), [])
    t.match(await storage.put(KEY, bytes, { ...OPTIONS, maxBytes: size }), { size })
    await storage.delete(KEY)
  }
})

promise('a key that is none touches nothing', async (t, { storage, everything }) => {
  const keys = [
    '',
    'acme',
    'acme/messages',
    'acme/messages/1/2',
    '/acme/messages/1',
    'acme//1',
    'acme/messages/',
    'acme/../1',
    '../../etc/passwd',
    'acme/messages/..',
    'acme/messages/a..b',
    'acme/messages/.hidden',
    'Acme/messages/1',
    'acme/messages/\u00e9',
    'acme/messages/a b',
    'acme/messages/a\0',
    'acme/messages/1\n',
    'acme\\messages\\1',
    `acme/messages/${'a'.repeat(101)}`,
  ]
  for (const key of keys) {
    const source = Readable.from([Buffer.from('x')])
    await t.rejects(storage.put(key, source, OPTIONS), TypeError, JSON.stringify(key))
    t.ok(source.destroyed, 'its source is let go')
    await t.rejects(storage.open(key), TypeError)
    await t.rejects(storage.stat(key), TypeError)
    await t.rejects(storage.delete(key), TypeError)
  }
  t.same(await everything(), [])
})
