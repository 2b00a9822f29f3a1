import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { startSimulator } from '@carteiro/simulation/start-simulator'
import { t, test } from 'tap'
import { readBrokerConfig } from './config.ts'
import { startBroker } from './start-broker.ts'
import { API_KEY, call } from './test-broker.ts'
import { ACCOUNT, CLAIMED_PRE_KEYS, linkInstance, simulatorVariables } from './test-linking.ts'
import { startTestWebhook } from './test-webhook.ts'

const CUSTOMER = '5511988887777'
const logger = createLogger('test', 'silent')

const database = await createTestDatabase(t)
const simulator = await startSimulator({
  host: '127.0.0.1',
  port: 0,
  logger,
  claimedPreKeys: CLAIMED_PRE_KEYS,
})
/** Answers of the webhook that come before it takes everything. */
const refusals: number[] = []
const webhook = await startTestWebhook(t, () => ({ status: refusals.shift() ?? 202 }))

const config = readBrokerConfig({
  DATABASE_URL: database.url,
  BROKER_PORT: '0',
  WHATSAPP_BROKER_API_KEY: API_KEY,
  SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
  WHATSAPP_WEBHOOK_URL: webhook.url,
  WHATSAPP_WEBHOOK_HMAC_SECRET: 'the secret of the webhook',
  ...simulatorVariables(simulator.url),
})

async function start() {
  const lifecycle = createLifecycle(logger)
  const { address } = await startBroker({ config, logger, lifecycle })
  return { address, stop: () => lifecycle.stop() }
}
let broker = await start()
t.teardown(async () => {
  await broker.stop()
  await simulator.stop()
})

type Problem = { error: { code: string; details?: unknown } }
const ask = <Body>(method: string, path: string, body?: unknown, headers = {}) =>
  call<Body>(broker.address + path, method, body, headers)

const customerWrites = (text: string) =>
  call(`${simulator.url}/customers/${CUSTOMER}/messages`, 'POST', { text, to: ACCOUNT })

const onPhone = async (id: string) =>
  (
    await call<{ items: { text: string; stanzas: number }[] }>(
      `${simulator.url}/customers/${CUSTOMER}/messages?id=${id}`,
      'GET',
    )
  ).body.items

/** What the webhook was told of the instance, from one event on. */
const toldStatuses = (from = 0) =>
  webhook.taken
    .slice(from)
    .flatMap(({ type, payload }) => (type === 'INSTANCE_CONNECTION' ? payload.status : []))
/** The last of it. */
const toldStatus = () => toldStatuses().at(-1)
const texts = () => webhook.taken.flatMap(({ payload }) => payload.message?.text ?? [])

test('nobody gets in without the key; health and metrics need none', async (t) => {
  const wrong = await ask<Problem>('GET', '/instances', undefined, { 'x-api-key': 'another key' })
  t.match(wrong, { status: 401, body: { error: { code: 'INVALID_API_KEY' } } })
  for (const path of ['/healthz', '/livez', '/readyz', '/metrics']) {
    t.equal((await fetch(broker.address + path)).status, 200)
  }
})

test('an instance is made once, connects, and the API is told', async (t) => {
  const given = { id: 'main', name: 'Main', tenantId: 'demo' }
  t.match(await ask('POST', '/instances', given), {
    status: 201,
    body: { status: 'created', connected: false },
  })
  const again = await ask<Problem>('POST', '/instances', given)
  t.match(again, { status: 409, body: { error: { code: 'INSTANCE_ALREADY_EXISTS' } } })
  const early = await ask<Problem>('POST', '/instances/main/send-text', { to: CUSTOMER, text: 'early' })
  t.match(early, {
    status: 409,
    body: { error: { code: 'INSTANCE_DISCONNECTED', details: { status: 'created', connected: false } } },
  })

  await linkInstance('main', { ask, webhook, scan: (qr) => simulator.server.linking.scan(ACCOUNT, qr) })
  const { body } = await ask<BrokerInstance>('GET', '/instances/main/status')
  t.match(body, { status: 'connected', connected: true, phone: `+${ACCOUNT}` })
  t.match(await ask('GET', '/instances'), { body: { instances: [{ id: 'main' }] } })
})

test('a text is on the phone when the answer says sent; the same key twice shows it once', async (t) => {
  const body = { to: `+${CUSTOMER}`, text: 'hello' }
  const key = { 'idempotency-key': 'order-1' }
  const first = await ask<{ id: string }>('POST', '/instances/main/send-text', body, key)
  t.match(first, { status: 200, replayed: null, body: { status: 'sent', ack: 2 } })
  const again = await ask('POST', '/instances/main/messages', body, key)
  t.match(again, { status: 200, replayed: 'true', body: first.body })
  t.match(await onPhone(first.body.id), [{ text: 'hello', stanzas: 1 }])
  const other = await ask<Problem>('POST', '/instances/main/send-text', { ...body, text: 'other' }, key)
  t.match(other, { status: 409, body: { error: { code: 'IDEMPOTENCY_KEY_MISMATCH' } } })
})

test('a key may stand in the metadata', async (t) => {
  const body = { to: `+${CUSTOMER}`, text: 'by metadata', metadata: { idempotencyKey: 'order-2' } }
  const first = await ask<{ id: string }>('POST', '/instances/main/send-text', body)
  t.match(first, { status: 200, replayed: null })
  t.match(await ask('POST', '/instances/main/send-text', body), { replayed: 'true', body: first.body })
  t.match(await onPhone(first.body.id), [{ text: 'by metadata', stanzas: 1 }])
})

const refused: [string, string, Record<string, unknown>, number, string][] = [
  ['an unknown instance', 'nobody', { to: CUSTOMER, text: 'x' }, 404, 'INSTANCE_NOT_FOUND'],
  ['a recipient that is nobody', 'main', { to: 'abc', text: 'x' }, 422, 'INVALID_TO'],
  ['a type that nobody knows', 'main', { to: CUSTOMER, type: 'buttons' }, 422, 'UNSUPPORTED_TYPE'],
  ['a body without text', 'main', { to: CUSTOMER }, 400, 'INVALID_PAYLOAD'],
]
for (const [what, instance, body, status, code] of refused) {
  test(`${what} is refused with ${code}`, async (t) => {
    t.match(await ask<Problem>('POST', `/instances/${instance}/send-text`, body), {
      status,
      body: { error: { code } },
    })
  })
}

test('what a customer writes arrives in order and once, though the API was away', async (t) => {
  refusals.push(503, 503)
  for (const text of ['one', 'two', 'three']) await customerWrites(text)
  await webhook.until(() => texts().includes('three'))
  t.same(texts(), ['one', 'two', 'three'])
  const told = webhook.taken.find(({ payload }) => payload.message?.text === 'one')
  t.match(told?.payload.contact, { phone: `+${CUSTOMER}` })
})

test('a broker that stops says so, and the next one connects again and gets what came meanwhile', async (t) => {
  const before = webhook.taken.length
  await broker.stop()
  await customerWrites('while away')
  broker = await start()
  await webhook.until(() => texts().includes('while away'))
  // On a machine that is slow to stop, the next broker tells both.
  await webhook.until(() => toldStatuses(before).at(-1) === 'connected')
  t.equal(toldStatuses(before)[0], 'disconnected')
  const sent = await ask('POST', '/instances/main/send-text', { to: CUSTOMER, text: 'back' })
  t.match(sent, { status: 200, body: { status: 'sent' } })
})

test('a line that is cut is told, and mended without anybody asking', async (t) => {
  await call(`${simulator.url}/link/cut`, 'POST')
  await webhook.until(() => toldStatus() === 'disconnected')
  await call(`${simulator.url}/link/restore`, 'POST')
  await webhook.until(() => toldStatus() === 'connected')
  await customerWrites('mended')
  await webhook.until(() => texts().includes('mended'))
  const metrics = await (await fetch(`${broker.address}/metrics`)).text()
  t.match(metrics, /whatsapp_socket_reconnects_total\{reason="connection_closed"\} 1/)
  t.match(metrics, /whatsapp_broker_instances\{status="connected"\} 1/)
})

test('connecting, disconnecting and deleting may be repeated', async (t) => {
  t.match(await ask('POST', '/instances/main/connect'), { status: 200, body: { status: 'connected' } })
  for (const _ of [1, 2]) {
    t.match(await ask('POST', '/instances/main/disconnect'), {
      status: 200,
      body: { status: 'disconnected' },
    })
  }
  for (const _ of [1, 2]) t.equal((await ask('DELETE', '/instances/main')).status, 204)
  t.equal((await ask('GET', '/instances/main')).status, 404)
})
