import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createTestDatabase } from '@carteiro/database/test-database'
import { createLogger } from '@carteiro/runtime/logger'
import { startSimulator } from '@carteiro/simulation/start-simulator'
import { t, test } from 'tap'
import { API_KEY, call } from './test-broker.ts'
import { ACCOUNT, CLAIMED_PRE_KEYS, linkInstance, simulatorVariables } from './test-linking.ts'
import { startTestWebhook } from './test-webhook.ts'

const CUSTOMER = '5511988887777'
const database = await createTestDatabase(t)
const simulator = await startSimulator({
  host: '127.0.0.1',
  port: 0,
  logger: createLogger('test', 'silent'),
  claimedPreKeys: CLAIMED_PRE_KEYS,
})
t.teardown(() => simulator.stop())
const webhook = await startTestWebhook(t, () => ({ status: 202 }))

/** A broker in a process of its own, so that it can be killed; it takes its instances back under the same id. */
async function startProcess() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      BROKER_PORT: '0',
      BROKER_ID: 'killed',
      WHATSAPP_BROKER_API_KEY: API_KEY,
      SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
      WHATSAPP_WEBHOOK_URL: webhook.url,
      ...simulatorVariables(simulator.url),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, address } = JSON.parse(line)
    if (msg !== 'broker listens') continue
    child.stdout.resume()
    return {
      ask: <Body>(method: string, route: string, body?: unknown) => call<Body>(address + route, method, body),
      kill: async () => {
        child.kill('SIGKILL')
        await ended
      },
    }
  }
  throw new Error('the broker ended before it listened')
}

const at = (phone: string) => (method: string, route: string, body?: unknown) =>
  call<{ items: { text: string; stanzas: number }[] }>(
    `${simulator.url}/customers/${phone}${route}`,
    method,
    body,
  )
const atCustomer = at(CUSTOMER)
let second: Awaited<ReturnType<typeof startProcess>>

/** What the phone shows of a message, once it shows it. */
async function shown(phone: string, id: string) {
  const response = await fetch(`${simulator.url}/phones/${phone}/events`)
  for await (const _change of response.body ?? []) {
    const { items } = (await at(phone)('GET', `/messages?id=${id}`)).body
    if (items.length > 0) return items
  }
  throw new Error('the simulator ended')
}

test('a phone that cannot read a message is given it again by the broker that follows a killed one', async (t) => {
  const first = await startProcess()
  await first.ask('POST', '/instances', { id: 'main', name: 'Main', tenantId: 'demo' })
  await linkInstance('main', {
    ask: first.ask,
    webhook,
    scan: (qr) => simulator.server.linking.scan(ACCOUNT, qr),
  })
  await atCustomer('PATCH', '', { online: false })
  const sent = await first.ask<{ id: string }>('POST', '/instances/main/send-text', {
    to: CUSTOMER,
    text: 'read me',
  })
  t.match(sent, { status: 200, body: { status: 'sent' } })
  await first.kill()

  await atCustomer('POST', '/unreadable', { count: 1 })
  await atCustomer('PATCH', '', { online: true })
  t.same((await atCustomer('GET', `/messages?id=${sent.body.id}`)).body.items, [])
  second = await startProcess()
  t.match(await shown(CUSTOMER, sent.body.id), [{ text: 'read me' }])
})

test('a customer who wrote at once with the first message reads the next ones without asking again', async (t) => {
  const phone = '5511977776666'
  const atOther = at(phone)
  const send = async (text: string) =>
    (await second.ask<{ id: string }>('POST', '/instances/main/send-text', { to: phone, text })).body.id
  const writes = async (id: string) =>
    void (await atOther('POST', '/messages', { to: ACCOUNT, text: id, id }))
  const told = (id: string) =>
    webhook.until(() => webhook.taken.some(({ payload }) => payload.message?.id === id))
  // Each begins a session before the other's message is there.
  await atOther('PATCH', '', { online: false })
  const first = await send('one')
  await writes('3A02')
  await atOther('PATCH', '', { online: true })
  t.match(await shown(phone, first), [{ text: 'one' }])
  await told('3A02')
  await writes('3A03')
  await told('3A03')
  t.match(await shown(phone, await send('four')), [{ text: 'four', stanzas: 1 }])
})
