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
const message = {
  instanceId: 'main',
  to: '+5511988887777',
  type: 'text',
  message: 'hello',
  externalId: 'message-1',
} as const

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

const id = (providerMessageId: string, status = 'sent') => ({ status, providerMessageId })
const answers: [string, unknown, unknown][] = [
  ['pending is told as pending', { id: 'A', status: 'pending' }, id('A', 'pending')],
  ['ack 1 is pending', { id: 'A', ack: 1 }, id('A', 'pending')],
  ['a numeric status is Baileys own: 1 is pending', { id: 'A', status: 1 }, id('A', 'pending')],
  ['a numeric status is Baileys own: 2 is sent', { id: 'A', status: 2 }, id('A')],
  ['a status of HTTP that says yes is none of a message', { id: 'A', status: 200 }, id('A')],
  ['externalId goes before id', { externalId: 'E', id: 'A' }, id('E')],
  ['messageId stands in for id', { messageId: 'B' }, id('B')],
  ['key.id stands in for both', { key: { id: 'C' }, messageTimestamp: 1 }, id('C')],
  ['nested in data', { success: true, data: { id: 'D' } }, id('D')],
  ['nested in result, and its key', { result: { key: { id: 'D' }, status: 'PENDING' } }, id('D', 'pending')],
  ['nested in payload of data', { data: { payload: { messageId: 'D' } } }, id('D')],
  ['a list of results', { results: [{ id: 'F' }, { id: 'G' }] }, id('F')],
  ['a bare array', [{ id: 'H' }], id('H')],
  ['an id that is no text is none', { id: 7, key: 'x' }, id('message-1')],
  ['an empty answer (204) has the id that was asked with', undefined, id('message-1')],
  ['a text has it, too', 'queued', id('message-1')],
]
for (const [promise, body, expected] of answers) {
  test(`an answer of brokers in the field: ${promise}`, async (t) => {
    const { client } = await startBroker(t, () => ({ status: body === undefined ? 204 : 200, body }))
    t.match(await client.sendMessage('main', message, options), expected)
  })
}

const problem = (code: string) => ({ error: { code, message: 'why' } })
const refusals: [number, unknown, string, string][] = [
  [409, problem('INSTANCE_DISCONNECTED'), 'waiting', 'INSTANCE_NOT_CONNECTED'],
  [421, problem('INSTANCE_ELSEWHERE'), 'waiting', 'INSTANCE_ELSEWHERE'],
  [429, problem('RATE_LIMITED'), 'waiting', 'RATE_LIMITED'],
  [429, undefined, 'waiting', 'RATE_LIMITED'],
  [503, problem('SHUTTING_DOWN'), 'waiting', 'SHUTTING_DOWN'],
  [422, problem('INVALID_TO'), 'message', 'INVALID_TO'],
  [400, problem('invalid-number'), 'message', 'INVALID_TO'],
  [422, problem('RECIPIENT_NOT_ON_WHATSAPP'), 'message', 'RECIPIENT_NOT_ON_WHATSAPP'],
  [422, problem('UNSUPPORTED_TYPE'), 'message', 'UNSUPPORTED_OPERATION'],
  [501, undefined, 'message', 'UNSUPPORTED_OPERATION'],
  [422, problem('MEDIA_FETCH_FAILED'), 'message', 'MEDIA_FETCH_FAILED'],
  [502, problem('MEDIA_FETCH_FAILED'), 'channel', 'MEDIA_FETCH_FAILED'],
  [413, problem('MEDIA_TOO_LARGE'), 'message', 'MEDIA_TOO_LARGE'],
  [422, problem('MEDIA_URL_REFUSED'), 'message', 'MEDIA_URL_REFUSED'],
  [423, problem('ACCOUNT_RESTRICTED'), 'message', 'ACCOUNT_RESTRICTED'],
  [401, problem('INVALID_API_KEY'), 'ours', 'BROKER_AUTH'],
  [403, 'no', 'ours', 'BROKER_AUTH'],
  [404, problem('INSTANCE_NOT_FOUND'), 'ours', 'INSTANCE_NOT_FOUND'],
  [409, problem('IDEMPOTENCY_KEY_MISMATCH'), 'ours', 'IDEMPOTENCY_KEY_MISMATCH'],
  [503, problem('WHATSAPP_NOT_CONFIGURED'), 'ours', 'TRANSPORT_NOT_CONFIGURED'],
  [502, problem('BROKER_ERROR'), 'channel', 'BROKER_ERROR'],
  [504, problem('SEND_TIMEOUT'), 'unknown', 'BROKER_TIMEOUT'],
  [504, undefined, 'unknown', 'BROKER_TIMEOUT'],
  [500, { error: 'flat text' }, 'channel', 'UNKNOWN_ERROR'],
  [400, { error: 'INSTANCE_DISCONNECTED' }, 'waiting', 'INSTANCE_NOT_CONNECTED'],
  [500, { code: 'TIMEOUT', message: 'why' }, 'unknown', 'BROKER_TIMEOUT'],
  [400, { data: { error: { code: 'UNAUTHORIZED' } } }, 'ours', 'BROKER_AUTH'],
  [200, { status: 401, message: 'why' }, 'ours', 'BROKER_AUTH'],
  [200, { status: 429, error: 'slow down' }, 'waiting', 'RATE_LIMITED'],
  [200, { success: false, error: 'flat text' }, 'channel', 'UNKNOWN_ERROR'],
  [200, { results: [{ status: 'error', code: 'NOT_CONNECTED' }] }, 'waiting', 'INSTANCE_NOT_CONNECTED'],
]
for (const [status, body, fault, code] of refusals) {
  test(`${status} ${JSON.stringify(body)} is ${code}, the fault of: ${fault}`, async (t) => {
    const { client } = await startBroker(t, () => ({ status, body }))
    t.match(await client.sendMessage('main', message, options), { status: 'failed', fault, code })
  })
}

test('the reason of a refusal is told, in the broker own words', async (t) => {
  const { client } = await startBroker(t, () => ({ status: 500, body: { error: 'flat text' } }))
  t.match(await client.sendMessage('main', message, options), { message: 'flat text' })
})

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
