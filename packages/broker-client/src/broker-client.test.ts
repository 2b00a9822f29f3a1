import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { type Test, test } from 'tap'
import { createBrokerClient } from './broker-client.ts'

interface Answer {
  status: number
  body?: unknown
}

interface Seen {
  method: string | undefined
  url: string | undefined
  headers: Record<string, unknown>
  body: unknown
}

/** A broker that answers as told; `undefined` never answers. */
async function startBroker(t: Test, answer: (seen: Seen) => Answer | undefined) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    const body = headers['content-type'] ? await json(request) : undefined
    const one = { method, url, headers, body }
    seen.push(one)
    const given = answer(one)
    if (given)
      response.writeHead(given.status).end(given.body === undefined ? '' : JSON.stringify(given.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`
  const client = createBrokerClient({ url, apiKey: 'the key', timeoutMs: 200 })
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(async () => {
    await stop()
    await client.close()
  })
  return { client, seen, stop }
}

const options = { idempotencyKey: 'delivery-1', requestId: 'request-1' }
const message = { to: '+5511988887777', type: 'text', message: 'hello' } as const

test('a send carries its keys, and its answer names the id and whether WhatsApp has it', async (t) => {
  const body = { externalId: '3EB0A', id: '3EB0A', status: 'sent', ack: 2 }
  const { client, seen } = await startBroker(t, () => ({ status: 200, body }))
  const result = await client.sendMessage('main', message, options)
  t.match(result, { status: 'sent', providerMessageId: '3EB0A', response: body })
  t.match(seen, [
    {
      method: 'POST',
      url: '/base/instances/main/send-text',
      headers: { 'x-api-key': 'the key', 'idempotency-key': 'delivery-1', 'x-request-id': 'request-1' },
      body: message,
    },
  ])
})

const answers: [string, unknown, unknown][] = [
  [
    'pending is told as pending',
    { id: 'A', status: 'pending' },
    { status: 'pending', providerMessageId: 'A' },
  ],
  ['ack 1 is pending', { id: 'A', ack: 1 }, { status: 'pending' }],
  ['messageId stands in for id', { messageId: 'B' }, { status: 'sent', providerMessageId: 'B' }],
  ['key.id stands in for both', { key: { id: 'C' }, status: 1 }, { providerMessageId: 'C' }],
]
for (const [promise, body, expected] of answers) {
  test(`an answer of brokers in the field: ${promise}`, async (t) => {
    const { client } = await startBroker(t, () => ({ status: 200, body }))
    t.match(await client.sendMessage('main', message, options), expected)
  })
}

const problem = (code: string) => ({ error: { code, message: 'why' } })
const refusals: [number, unknown, string, string][] = [
  [409, problem('INSTANCE_DISCONNECTED'), 'waiting', 'INSTANCE_DISCONNECTED'],
  [429, problem('RATE_LIMITED'), 'waiting', 'RATE_LIMITED'],
  [503, problem('SHUTTING_DOWN'), 'waiting', 'SHUTTING_DOWN'],
  [422, problem('INVALID_TO'), 'message', 'INVALID_TO'],
  [423, problem('ACCOUNT_RESTRICTED'), 'message', 'ACCOUNT_RESTRICTED'],
  [401, problem('INVALID_API_KEY'), 'ours', 'INVALID_API_KEY'],
  [403, 'no', 'ours', 'BROKER_AUTH'],
  [502, problem('BROKER_ERROR'), 'channel', 'BROKER_ERROR'],
  [504, problem('SEND_TIMEOUT'), 'unknown', 'SEND_TIMEOUT'],
  [500, { error: 'flat text' }, 'channel', 'UNKNOWN_ERROR'],
]
for (const [status, body, fault, code] of refusals) {
  test(`${status} ${code} is the fault of: ${fault}`, async (t) => {
    const { client } = await startBroker(t, () => ({ status, body }))
    t.match(await client.sendMessage('main', message, options), { status: 'failed', fault, code })
  })
}

test('a broker that is not there makes the message wait; one that does not answer may have sent it', async (t) => {
  const { client, stop } = await startBroker(t, () => undefined)
  t.match(await client.sendMessage('main', message, options), { status: 'failed', fault: 'unknown' })
  await stop()
  t.match(await client.sendMessage('main', message, options), { status: 'failed', fault: 'waiting' })
})

test('making an instance that is there already is no failure', async (t) => {
  const instance = {
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
  const { client } = await startBroker(t, ({ method }) =>
    method === 'POST'
      ? { status: 409, body: problem('INSTANCE_ALREADY_EXISTS') }
      : { status: 200, body: instance },
  )
  const given = { id: 'main', name: 'Main', tenantId: 'demo' }
  t.match(await client.ensureInstance(given, { requestId: 'request-1' }), { status: 'done', instance })
})

test('an answer that cannot be read is told, not taken for an instance', async (t) => {
  const { client } = await startBroker(t, () => ({ status: 200, body: { id: 'main' } }))
  t.match(await client.getStatus('main', { requestId: 'request-1' }), { status: 'failed' })
})
