import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'tap'
import { connectDevice } from '../test-device.ts'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const CUSTOMER = '5511888880001'

test('a cut line breaks the connection and refuses others; restored, the device gets what waited, in order and once', async (t) => {
  const simulator = await startTestSimulator(t)
  const credentials = await simulator.link(ACCOUNT)
  const device = await simulator.device(ACCOUNT, credentials)
  await simulator.post(`/customers/${CUSTOMER}/messages`, { text: 'before', id: 'BEFORE' })
  await device.texts.reached(1)
  // A send's acknowledgement comes after the receipt before it was handled: BEFORE counts as taken.
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'sent before', 'SENT-BEFORE')
  await device.acks.reached(1)

  t.match((await simulator.post('/link/cut')).body, { state: 'cut', connections: 0 })
  t.equal(await device.closed, 428)
  const refused = connectDevice(simulator.url, credentials)
  t.equal(await refused.closed, 408)

  const ids = Array.from({ length: 100 }, (_, index) => `WAITED-${index}`)
  for (const id of ids) {
    const { body } = await simulator.post(`/customers/${CUSTOMER}/messages`, { text: id, id })
    t.equal(body.delivery, 'queued')
  }
  t.match((await simulator.post('/link/restore')).body, { state: 'up' })
  const restored = await simulator.device(ACCOUNT, credentials)
  const texts = await restored.texts.reached(ids.length)
  t.same(
    texts.map(({ id }) => id),
    ids,
  )

  await restored.send(`${CUSTOMER}@s.whatsapp.net`, 'sent after', 'SENT-AFTER')
  await restored.acks.reached(1)
  t.match(await simulator.get(`/customers/${CUSTOMER}/messages`), {
    items: [{ id: 'SENT-BEFORE' }, { id: 'SENT-AFTER' }],
  })
  t.match(await simulator.get('/accounts'), { items: [{ links: 1, companions: [{ logins: 2 }] }] })
})

test('a message that never reached a device comes again', async (t) => {
  const simulator = await startTestSimulator(t)
  const credentials = await simulator.link(ACCOUNT)
  const deaf = await simulator.device(ACCOUNT, credentials)
  const [line] = simulator.server.connections()
  if (!line) throw new Error('not connected')
  line.connection.paths.outgoing = () => undefined

  const { body } = await simulator.post(`/customers/${CUSTOMER}/messages`, {
    text: 'do not lose me',
    id: 'KEPT',
  })
  t.equal(body.delivery, 'delivered')
  line.connection.destroy('the line broke')
  await deaf.closed

  const next = await simulator.device(ACCOUNT, credentials)
  t.match(await next.texts.reached(1), [{ id: 'KEPT', text: 'do not lose me' }])
})

test('the link tells its accounts and how many connections each has', async (t) => {
  const simulator = await startTestSimulator(t)
  t.same(await simulator.get('/link'), { state: 'up', connections: 0, accounts: [] })

  await simulator.device(ACCOUNT)

  t.same(await simulator.get('/link'), {
    state: 'up',
    connections: 1,
    accounts: [{ phone: ACCOUNT, connections: 1 }],
  })
})

test('a WebSocket elsewhere is refused with a sentence', async (t) => {
  const simulator = await startTestSimulator(t)
  t.match(await upgrade(simulator.url, '/elsewhere'), /^HTTP\/1.1 404 [\s\S]*Connect to \/ws\/chat\.$/)
  t.match(await simulator.get('/link'), { accounts: [] })
})

test('the simulator says that it is ready', async (t) => {
  const simulator = await startTestSimulator(t)
  for (const path of ['/healthz', '/readyz', '/livez']) {
    t.match(await simulator.get(path), { status: 'ok' }, path)
  }
  const metrics = await (await fetch(`${simulator.url}/metrics`)).text()
  t.match(metrics, 'simulator_connections 0')
})

/** Asks for a WebSocket and returns everything that was answered. */
async function upgrade(url: string, target: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(
    `GET ${target} HTTP/1.1\r\nhost: simulator\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
      'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}
