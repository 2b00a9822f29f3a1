import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Test, test } from 'tap'
import { createBrokerClient } from './broker-client.ts'

const INSTANCE = {
  id: 'main',
  name: 'Main',
  tenantId: 'demo',
  status: 'connected',
  connected: true,
  phone: null,
  lid: null,
  qrAvailable: false,
  lastError: null,
}

/** A broker that answers everything in the same way. */
async function startBroker(t: Test, status: number, body: unknown, type = 'application/json') {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const bytes = Buffer.isBuffer(body) ? body : body === undefined ? '' : JSON.stringify(body)
    response.writeHead(status, { 'content-type': type }).end(bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createBrokerClient({ url, apiKey: 'the key', timeoutMs: 5_000 })
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await client.close()
  })
  return { client, asked }
}

const call = { requestId: 'request-1' }
type Client = Awaited<ReturnType<typeof startBroker>>['client']

const instanceCalls: [string, (client: Client) => Promise<unknown>][] = [
  ['GET /instances/main', (client) => client.getStatus('main', call)],
  ['PATCH /instances/main', (client) => client.changeInstance('main', { name: 'New' }, call)],
  ...(['connect', 'disconnect', 'restart', 'logout'] as const).map(
    (act): [string, (client: Client) => Promise<unknown>] => [
      `POST /instances/main/${act}`,
      (client) => client[act]('main', call),
    ],
  ),
]
for (const [route, act] of instanceCalls) {
  test(`${route} gives the instance, also one that is wrapped`, async (t) => {
    for (const body of [INSTANCE, { data: INSTANCE }, { instance: INSTANCE }]) {
      const { client, asked } = await startBroker(t, 200, body)
      t.match(await act(client), { status: 'done', instance: INSTANCE })
      t.same(asked, [route])
    }
  })
}

const qr = { qr: 'text', expiresAt: '2030-01-01T00:00:00.000Z' }
const group = { id: '1@g.us', subject: 'Support', size: 2, isAdmin: false }
const exists = { exists: true, jid: '5511@s.whatsapp.net' }
const done = (value: unknown) => ({ status: 'done', value })
const found = [{ input: '+5511', exists: true, canReceive: true, jid: '5511@s.whatsapp.net' }]
const shapes: [string, unknown, (client: Client) => Promise<unknown>, unknown][] = [
  ['a QR code', { ...qr, available: true }, (client) => client.getQr('main', call), done(qr)],
  [
    'a QR code by another name, without an end',
    { data: { qrCode: 'text' } },
    (client) => client.getQr('main', call),
    done({ qr: 'text', expiresAt: null }),
  ],
  [
    'a pairing code',
    { result: { code: 'ABCD1234' } },
    (client) => client.pair('main', '+5511', call),
    done({ pairingCode: 'ABCD1234', expiresAt: null }),
  ],
  [
    'recipients as our broker tells of them',
    { ...exists, canReceive: true, results: [{ input: '+5511', ...exists, canReceive: true }] },
    (client) => client.exists('main', { to: '+5511' }, call),
    done({ exists: true, results: found }),
  ],
  ...[exists, [exists], { results: [exists] }, { data: exists }].map(
    (body): [string, unknown, (client: Client) => Promise<unknown>, unknown] => [
      `a recipient as ${JSON.stringify(body)}`,
      body,
      (client) => client.exists('main', { to: '+5511' }, call),
      done({ exists: true, results: found }),
    ],
  ),
  [
    'several, in the order in which they were asked for',
    [{ exists: false }, exists],
    (client) => client.exists('main', { numbers: ['1', '+5511'] }, call),
    done({ exists: false, reason: 'not_on_whatsapp', results: [{ input: '1', exists: false }, ...found] }),
  ],
  ...[[group], { groups: [group] }, { data: { groups: [group] } }].map(
    (body): [string, unknown, (client: Client) => Promise<unknown>, unknown] => [
      `groups as ${JSON.stringify(body)}`,
      body,
      (client) => client.getGroups('main', call),
      done([group]),
    ],
  ),
  [
    'groups that name less',
    [{ jid: '1@g.us', name: 'Support', participants: [{}, {}] }, { subject: 'no id' }],
    (client) => client.getGroups('main', call),
    done([group]),
  ],
  [
    'which messages were told as read',
    { data: { read: ['A'], unknown: ['B'] } },
    (client) => client.markRead('main', { messageIds: ['A', 'B'] }, call),
    done({ read: ['A'], unknown: ['B'] }),
  ],
  [
    'a broker that says no more than yes to what was read',
    { success: true },
    (client) => client.markRead('main', { messageIds: ['A'], to: '+5511' }, call),
    done({ read: ['A'], unknown: [] }),
  ],
  [
    'that typing is shown',
    { presence: 'composing' },
    (client) => client.setPresence('main', { presence: 'typing', to: '+5511' }, call),
    done(null),
  ],
  [
    'metrics, whatever they are',
    { messagesSent: 3 },
    (client) => client.getMetrics('main', call),
    done({ messagesSent: 3 }),
  ],
]
for (const [what, body, act, expected] of shapes) {
  test(`${what} is read`, async (t) => {
    const { client } = await startBroker(t, 200, body)
    t.match(await act(client), expected)
  })
}

test('an image is given as its bytes, and a page in its place is told', async (t) => {
  const bytes = Buffer.from([137, 80, 78, 71])
  const { client } = await startBroker(t, 200, bytes, 'image/png')
  const image = await client.getQrImage('main', call)
  t.match(image, { status: 'done' })
  t.ok(image.status === 'done' && bytes.equals(image.value))
  const page = await startBroker(t, 200, 'hello', 'text/html')
  t.match(await page.client.getQrImage('main', call), { status: 'failed', code: 'UNKNOWN_ERROR' })
})

test('an instance is deleted, also one that is not there', async (t) => {
  const gone = { error: { code: 'INSTANCE_NOT_FOUND', message: 'why' } }
  for (const [status, body] of [
    [204, undefined],
    [404, gone],
  ] as const) {
    const { client, asked } = await startBroker(t, status, body)
    t.same(await client.deleteInstance('main', call), { status: 'done', value: null })
    t.same(asked, ['DELETE /instances/main'])
  }
  const { client } = await startBroker(t, 503, { error: { code: 'SHUTTING_DOWN', message: 'why' } })
  t.match(await client.deleteInstance('main', call), { status: 'failed', fault: 'waiting' })
})

const every: [string, (client: Client) => Promise<unknown>][] = [
  ['getQr', (client) => client.getQr('main', call)],
  ['getQrImage', (client) => client.getQrImage('main', call)],
  ['pair', (client) => client.pair('main', '+5511', call)],
  ['exists', (client) => client.exists('main', { to: '+5511' }, call)],
  ['getGroups', (client) => client.getGroups('main', call)],
  ['getMetrics', (client) => client.getMetrics('main', call)],
]
for (const [name, act] of every) {
  test(`${name} tells a refusal with its code and facts, and what cannot be read as such`, async (t) => {
    const details = { status: 'created', connected: false }
    const refusal = { error: { code: 'INSTANCE_DISCONNECTED', message: 'why', details } }
    const refusing = await startBroker(t, 409, refusal)
    t.match(await act(refusing.client), {
      status: 'failed',
      fault: 'waiting',
      code: 'INSTANCE_NOT_CONNECTED',
      brokerCode: 'INSTANCE_DISCONNECTED',
      details,
    })
    const empty = await startBroker(t, 204, undefined)
    t.match(await act(empty.client), { status: 'failed' })
  })
}
