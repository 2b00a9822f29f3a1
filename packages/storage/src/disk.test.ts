import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { createDiskStorage } from './disk.ts'

const KEY = 'acme/messages/1'
const OPTIONS = { contentType: 'image/jpeg', maxBytes: 1_000_000 }

t.test(
  'what a process that died left half written is removed at the next start, after an hour',
  async (t) => {
    const folder = t.testdir({ '.incoming': { old: 'half', young: 'half' } })
    const twoHoursAgo = new Date(Date.now() - 7_200_000)
    await utimes(path.join(folder, '.incoming', 'old'), twoHoursAgo, twoHoursAgo)
    await createDiskStorage(folder)
    t.same(await readdir(path.join(folder, '.incoming')), ['young'])
  },
)

t.test(
  'a process that is killed while it writes leaves the object that was there, and the next one writes',
  async (t) => {
    const folder = t.testdir()
    const storage = await createDiskStorage(folder)
    await storage.put(KEY, Buffer.from('old'), OPTIONS)
    const program = path.join(import.meta.dirname, 'testing', 'put-half.ts')
    const child = spawn(process.execPath, [program, folder, KEY], { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    t.equal((await readdir(path.join(folder, '.incoming'))).length, 1, 'it has begun')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const read = async () => {
      const object = await storage.open(KEY)
      return object && (await buffer(object.body)).toString()
    }
    t.equal(await read(), 'old')
    await storage.put(KEY, Buffer.from('next'), OPTIONS)
    t.equal(await read(), 'next')
  },
)

t.test('a start writes nothing: the folder is made by the first object', async (t) => {
  const folder = path.join(t.testdir(), 'not', 'there', 'yet')
  const storage = await createDiskStorage(folder)
  await t.rejects(stat(folder), { code: 'ENOENT' })
  t.equal(await storage.stat(KEY), undefined)
  await storage.put(KEY, Buffer.from('x'), OPTIONS)
  t.match(await storage.stat(KEY), { size: 1 })
})

t.test('another process on the same folder reads what this one put', async (t) => {
  const folder = t.testdir()
  await (await createDiskStorage(folder)).put(KEY, Buffer.from('hello'), OPTIONS)
  const object = await (await createDiskStorage(folder)).open(KEY)
  t.equal(object && (await buffer(object.body)).toString(), 'hello')
})

t.test('a file that was cut or is none of ours is an error, never other bytes', async (t) => {
  const folder = t.testdir()
  const storage = await createDiskStorage(folder)
  await storage.put(KEY, Buffer.alloc(5_000, 'x'), OPTIONS)
  const file = path.join(folder, KEY)
  const damages = [
    () => truncate(file, 5_500),
    () => truncate(file, 10),
    () => truncate(file, 0),
    () => writeFile(file, 'y'.repeat(9_000)),
  ]
  for (const damage of damages) {
    await damage()
    await t.rejects(storage.open(KEY), /is damaged/)
    await t.rejects(storage.stat(KEY), /is damaged/)
  }
  await storage.put(KEY, Buffer.from('mended'), OPTIONS)
  t.match(await storage.stat(KEY), { size: 6 })
})

t.test('bytes that look like what stands behind an object are bytes like others', async (t) => {
  const storage = await createDiskStorage(t.testdir())
  const trap = `\n${JSON.stringify({ contentType: 'text/html', size: 0, sha256: '' })}`
    .padEnd(1023)
    .concat('\n')
  await storage.put(KEY, Buffer.from(trap), OPTIONS)
  t.same(await storage.stat(KEY), { size: 1024, contentType: 'image/jpeg' })
  const object = await storage.open(KEY)
  t.equal(object && (await buffer(object.body)).toString(), trap)
})

t.test('a reader that goes away leaves no file open', async (t) => {
  const storage = await createDiskStorage(t.testdir())
  await storage.put(KEY, Buffer.alloc(500_000), OPTIONS)
  const object = await storage.open(KEY)
  const closed = object && once(object.body, 'close')
  object?.body.destroy()
  await t.resolves(closed ?? Promise.reject(new Error('there is no object')))
})
