import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import { answering, startClamd } from '../../testing/start-clamd.ts'
import { createClamd } from './clamd.ts'

const scannerOf = (port: number, timeoutMs = 10_000) => createClamd({ host: '127.0.0.1', port, timeoutMs })

t.test('a file goes to clamd in chunks, whole, and its verdict comes back', async (t) => {
  const clamd = await startClamd(t)
  const scanner = scannerOf(clamd.port)
  for (const size of [0, 1, 70_000, 3_000_000]) {
    const bytes = randomBytes(size)
    t.same(await scanner.scan(Readable.from([bytes.subarray(0, 10), bytes.subarray(10)])), {
      status: 'clean',
    })
    t.ok(clamd.scanned.at(-1)?.equals(bytes), `${size} bytes`)
  }
  clamd.answer = answering('stream: Win.Test.EICAR_HDB-1 FOUND')
  t.same(await scanner.scan(Readable.from([Buffer.from('x')])), {
    status: 'infected',
    name: 'Win.Test.EICAR_HDB-1',
  })
})

t.test('what is no verdict is an error', async (t) => {
  const clamd = await startClamd(t)
  const scanner = scannerOf(clamd.port)
  const scan = () => scanner.scan(Readable.from([randomBytes(100_000)]))
  for (const answer of ['INSTREAM size limit exceeded. ERROR', 'UNKNOWN COMMAND', 'stream: OK but', '']) {
    clamd.answer = answering(answer)
    await t.rejects(scan(), /no verdict/, answer)
  }
  clamd.answer = (socket) => socket.write('a'.repeat(10_000))
  await t.rejects(scan(), /does not end/)
  clamd.answer = (socket) => socket.end('stream: OK')
  await t.rejects(scan(), /without an answer/, 'half of an answer is none')
  clamd.answer = (socket) => socket.destroy()
  await t.rejects(scan())
  clamd.answer = () => undefined
  await t.rejects(scannerOf(clamd.port, 50).scan(Readable.from([Buffer.from('x')])), /said nothing/)
  await clamd.stop()
  await t.rejects(scan(), { code: 'ECONNREFUSED' })
})

t.test('a file that breaks off is an error, and is let go', async (t) => {
  const clamd = await startClamd(t)
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('x')
      throw new Error('the storage went away')
    })(),
  )
  await t.rejects(scannerOf(clamd.port).scan(body), /went away/)
  t.ok(body.destroyed)
})
