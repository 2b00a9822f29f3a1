import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import { newAuth, openClient, untilClosed, untilQr } from '../linking/test-linked-device.ts'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const LINK = `/accounts/${ACCOUNT}/link`
const KEY = 'the key of a broker'

/** A broker that shows this QR code, or refuses to. */
async function startBroker(t: Test, answer: { status: number; body: unknown }) {
  const asked: { path: string | undefined; key: unknown }[] = []
  const server = createServer((request, response) => {
    asked.push({ path: request.url, key: request.headers['x-api-key'] })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a phone links the client whose QR code a broker shows, lists it, and logs it out', async (t) => {
  const simulator = await startTestSimulator(t)
  const client = openClient(simulator.url, newAuth())
  const closed = untilClosed(client)
  const broker = await startBroker(t, { status: 200, body: { qr: await untilQr(client) } })

  const linked = await simulator.post(LINK, {
    broker: { url: broker.url, apiKey: KEY, instanceId: 'demo-phone' },
  })
  t.match(linked, { status: 201, body: { phone: ACCOUNT, device: 1 } })
  t.same(broker.asked, [{ path: '/instances/demo-phone/qr', key: KEY }])
  await closed

  t.match(await simulator.get('/accounts'), {
    items: [{ phone: ACCOUNT, links: 1, companions: [{ device: 1, connected: false, logins: 0 }] }],
  })
  t.equal((await simulator.call('DELETE', `/accounts/${ACCOUNT}/devices/1`)).status, 204)
  t.same(await simulator.get(`/accounts/${ACCOUNT}/devices`), { devices: [] })
  t.match((await simulator.call('DELETE', `/accounts/${ACCOUNT}/devices/1`)).body, {
    error: { code: 'NOT_FOUND' },
  })
})

test('a phone that logs out ends every device', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  t.equal((await simulator.post(`/accounts/${ACCOUNT}/logout`)).status, 204)
  t.equal(await device.closed, 401)
  t.same(await simulator.get('/accounts'), { items: [] })
})

test('what a broker says of a missing code is passed on, and its key is never told', async (t) => {
  const simulator = await startTestSimulator(t)
  const refusing = await startBroker(t, {
    status: 404,
    body: { error: { code: 'QR_NOT_AVAILABLE', message: 'demo-phone is linked already.', requestId: 'r' } },
  })
  const strange = await startBroker(t, { status: 200, body: 'hello' })
  const ask = async (url: string) =>
    await simulator.post(LINK, { broker: { url, apiKey: KEY, instanceId: 'demo-phone' } })

  t.match((await ask(refusing.url)).body, {
    error: { code: 'QR_NOT_AVAILABLE', message: /demo-phone is linked already/ },
  })
  for (const url of [strange.url, 'http://127.0.0.1:9']) {
    const { body } = await ask(url)
    t.match(body, { error: { code: 'BROKER_ERROR' } })
    t.notMatch(JSON.stringify(body), KEY)
  }
})

test('nobody makes the simulator ask elsewhere, nor link by what is no code', async (t) => {
  const simulator = await startTestSimulator(t, {
    broker: { url: 'http://127.0.0.1:9', apiKey: KEY },
  })
  const refusals = [
    [{ broker: { url: 'http://example.com', apiKey: KEY, instanceId: 'demo' } }, 'VALIDATION_ERROR'],
    [{ broker: { url: 'http://127.0.0.1:8', instanceId: 'demo' } }, 'VALIDATION_ERROR'],
    [{ broker: { instanceId: '../keys' } }, 'VALIDATION_ERROR'],
    [{ broker: { instanceId: 'demo' } }, 'BROKER_ERROR'],
    [{ qr: 'hello' }, 'INVALID_PAYLOAD'],
    [{ qr: '' }, 'VALIDATION_ERROR'],
    [{ pairingCode: 'ABCD1234' }, 'QR_NOT_AVAILABLE'],
  ] as const
  for (const [body, code] of refusals) {
    t.match((await simulator.post(LINK, body)).body, { error: { code } }, JSON.stringify(body))
  }
})
