import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import { FrameGate } from './frame-gate.ts'

const CLOSE = Buffer.from([0x88, 0x80, 0, 0, 0, 0])

/** A masked binary frame that carries one byte. */
const frame = (byte: number) => Buffer.from([0x82, 0x81, 0, 0, 0, 0, byte])

async function gateWithClient(t: Test, limit: number, uncounted = 0) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const client = connect(address.port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  const closed = Promise.withResolvers<void>()
  const gate = new FrameGate(socket, Buffer.alloc(0), { limit, uncounted, onClosed: closed.resolve })
  t.teardown(() => {
    client.destroy()
    gate.destroy()
    server.close()
  })
  return { gate, client, closed: closed.promise }
}

/** The first `count` frames that the gate passed on, by the byte each carries. */
async function passed(gate: FrameGate, count: number): Promise<number[]> {
  while (gate.readableLength < count * 7) await once(gate, 'readable')
  const bytes: Buffer = gate.read(count * 7)
  return [...bytes].filter((_, index) => index % 7 === 6)
}

test('no more messages pass than may be unhandled; each one handled lets the next through, in order', async (t) => {
  const { gate, client } = await gateWithClient(t, 2, 1)
  client.write(Buffer.concat([1, 2, 3, 4, 5].map(frame)))
  t.same(await passed(gate, 3), [1, 2, 3], 'the handshake and two')

  const next = passed(gate, 1)
  gate.handled()
  t.same(await next, [4])
  const last = passed(gate, 1)
  gate.handled()
  t.same(await last, [5])
})

test('a frame that comes in pieces passes whole', async (t) => {
  const { gate, client } = await gateWithClient(t, 2)
  client.setNoDelay(true)
  const whole = passed(gate, 1)
  client.write(frame(9).subarray(0, 3), () => client.write(frame(9).subarray(3)))
  t.same(await whole, [9])
})

test('a client that says goodbye counts as gone before its socket is', async (t) => {
  const { gate, client, closed } = await gateWithClient(t, 2)
  gate.resume()
  client.write(CLOSE)
  await closed
  t.notOk(gate.destroyed)
})

test('destroying the gate breaks the client’s connection', async (t) => {
  const { gate, client, closed } = await gateWithClient(t, 2)
  const gone = once(client, 'close')
  gate.destroy()
  await Promise.all([gone, closed])
  t.pass('both sides know')
})
