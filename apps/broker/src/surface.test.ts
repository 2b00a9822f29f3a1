import type { BrokerInstance } from '@carteiro/contracts/broker-api'
import type { CheckedRecipients } from '@carteiro/contracts/broker-exists'
import type { BrokerGroup } from '@carteiro/contracts/broker-groups'
import type { InstanceMetrics } from '@carteiro/contracts/broker-metrics'
import { t, test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const CUSTOMER = '5511988887777'
const ABSENT = '5511977776666'
const { ask, broker, connect, customerWrites, onPhone, simulator, socket, webhook } = await startTestBroker(t)
await connect('main')

type Problem = { error: { code: string; message: string; details?: unknown } }
const atSimulator = <Body>(method: string, path: string, body?: unknown) =>
  call<Body>(simulator.url + path, method, body)

await atSimulator('PATCH', `/customers/${ABSENT}`, { onWhatsApp: false })

/** Counts what the broker asks WhatsApp. */
const queries: string[] = []
simulator.server.verdicts.query = (_sender, { attrs, content }) => {
  const [child] = Array.isArray(content) ? content : []
  queries.push(`${attrs.xmlns} ${child?.tag}`)
  return undefined
}
const asked = (query: string) => queries.filter((each) => each === query).length

test('a number is looked up once: whether it is on WhatsApp, by which jid and LID', async (t) => {
  const before = asked('usync usync')
  for (const to of [`+${CUSTOMER}`, '55 (11) 98888-7777', `${CUSTOMER}@s.whatsapp.net`]) {
    t.match(await ask<CheckedRecipients>('POST', '/instances/main/exists', { to }), {
      status: 200,
      body: {
        exists: true,
        canReceive: true,
        jid: `${CUSTOMER}@s.whatsapp.net`,
        lid: /^\d+@lid$/,
        results: [{ input: to, exists: true }],
      },
    })
  }
  t.equal(asked('usync usync'), before + 1)
})

test('of several numbers each is told of, also those that name nobody', async (t) => {
  const numbers = [CUSTOMER, ABSENT, 'abc', '5511966665555']
  const { status, body } = await ask<CheckedRecipients>('POST', '/instances/main/exists', { numbers })
  t.equal(status, 200)
  t.match(body.results, [
    { input: CUSTOMER, exists: true },
    { input: ABSENT, exists: false, canReceive: false, reason: 'not_on_whatsapp' },
    { input: 'abc', exists: false, reason: 'invalid_to', jid: null },
    { input: '5511966665555', exists: true },
  ])
})

test('a LID and a group are looked up, too', async (t) => {
  const { body: found } = await ask<CheckedRecipients>('POST', '/instances/main/exists', { to: CUSTOMER })
  t.match(await ask('POST', '/instances/main/exists', { to: found.lid }), { body: { exists: true } })
  t.match(await ask('POST', '/instances/main/exists', { to: '120363000000009999@g.us' }), {
    body: { exists: false, canReceive: false, reason: 'not_a_member' },
  })
})

const refusedChecks: [string, Record<string, unknown>, number, string][] = [
  ['a recipient that is none', { to: 'abc' }, 422, 'INVALID_TO'],
  ['neither to nor numbers', {}, 400, 'INVALID_PAYLOAD'],
  ['both', { to: CUSTOMER, numbers: [CUSTOMER] }, 400, 'INVALID_PAYLOAD'],
  ['too many', { numbers: Array.from({ length: 51 }, () => CUSTOMER) }, 400, 'INVALID_PAYLOAD'],
]
for (const [what, body, status, code] of refusedChecks) {
  test(`${what} to look up is refused with ${code}`, async (t) => {
    t.match(await ask<Problem>('POST', '/instances/main/exists', body), { status, body: { error: { code } } })
  })
}

test('a message for a number that is not on WhatsApp is refused, until the number is', async (t) => {
  const send = () => ask<Problem>('POST', '/instances/main/send-text', { to: ABSENT, text: 'hello' })
  t.match(await send(), { status: 422, body: { error: { code: 'RECIPIENT_NOT_ON_WHATSAPP' } } })
})

test('groups are listed without asking twice, kept true by notices, and written to', async (t) => {
  const { body: group } = await atSimulator<{ jid: string }>('POST', '/groups', {
    subject: 'Support',
    creator: CUSTOMER,
    members: [ACCOUNT, '5511955554444'],
  })
  const list = async () => (await ask<{ groups: BrokerGroup[] }>('GET', '/instances/main/groups')).body.groups
  t.match(await list(), [{ id: group.jid, subject: 'Support', size: 3, isAdmin: false }])
  const before = asked('w:g2 participating') + asked('w:g2 query')
  t.match(await ask('POST', '/instances/main/exists', { to: group.jid }), { body: { canReceive: true } })
  for (const text of ['one', 'two']) {
    const { status, body } = await ask<{ id: string }>('POST', '/instances/main/send-text', {
      to: group.jid,
      text,
    })
    t.equal(status, 200)
    t.match(await onPhone(CUSTOMER, body.id), [{ text }])
  }
  t.equal(asked('w:g2 participating') + asked('w:g2 query'), before, 'nothing more is asked')

  const told = Promise.withResolvers<void>()
  broker.sessions.socket('main')?.ev.on('group-participants.update', () => told.resolve())
  const promote = { by: CUSTOMER, change: 'promote', phones: [ACCOUNT] }
  await atSimulator('POST', `/groups/${group.jid}/members`, promote)
  await told.promise
  t.match(await list(), [{ id: group.jid, size: 3, isAdmin: true }])
})

test('typing is shown on the phone, and reading is told to the customer', async (t) => {
  t.match(await ask('POST', '/instances/main/presence', { presence: 'typing', to: CUSTOMER }), {
    status: 200,
    body: { presence: 'composing', to: { jid: `${CUSTOMER}@s.whatsapp.net` } },
  })
  const { authState } = socket('main')
  t.match(await ask<Problem>('POST', '/instances/main/presence', { presence: 'available' }), {
    status: 502,
    body: { error: { code: 'BROKER_ERROR', message: /name of this account/ } },
  })
  if (authState.creds.me) authState.creds.me.name = 'Shop'
  for (const presence of ['available', 'unavailable']) {
    t.match(await ask('POST', '/instances/main/presence', { presence }), { status: 200, body: { presence } })
  }
  for (const [body, code] of [
    [{ presence: 'typing' }, 'INVALID_PAYLOAD'],
    [{ presence: 'dancing' }, 'INVALID_PAYLOAD'],
    [{ presence: 'typing', to: 'abc' }, 'INVALID_TO'],
  ] as const) {
    t.match(await ask<Problem>('POST', '/instances/main/presence', body), { body: { error: { code } } })
  }

  await customerWrites(CUSTOMER, { text: 'hello?', id: '3AREAD1' })
  await webhook.until(() => webhook.taken.some(({ payload }) => payload.message?.id === '3AREAD1'))
  t.match(await ask('POST', '/instances/main/read', { messageIds: ['3AREAD1', '3ANONE'] }), {
    status: 200,
    body: { read: ['3AREAD1'], unknown: ['3ANONE'] },
  })
  t.match(await ask('POST', '/instances/main/read', { messageIds: ['3AOLD'], to: CUSTOMER }), {
    body: { read: ['3AOLD'], unknown: [] },
  })
})

test('what became of a message is told by its id', async (t) => {
  const { body } = await ask<{ id: string }>('POST', '/instances/main/send-text', { to: CUSTOMER, text: 'x' })
  const event = () => webhook.taken.some(({ id }) => id === `${body.id}:status:3`)
  await webhook.until(event)
  t.match(await ask('GET', `/instances/main/status?id=${body.id}`), {
    status: 200,
    body: { id: body.id, status: 3, statusText: 'DELIVERY_ACK' },
  })
  t.match(await ask('GET', '/instances/main/status?id=3ANONE'), {
    status: 404,
    body: { error: { code: 'MESSAGE_NOT_FOUND' } },
  })
  t.match(await ask('GET', '/instances/main/status'), { body: { status: 'connected', connected: true } })
})

test('an instance\u2019s counters tell what was sent, how long it took, and what came', async (t) => {
  const { status, body } = await ask<InstanceMetrics>('GET', '/instances/main/metrics')
  t.equal(status, 200)
  t.match(body, {
    instanceId: 'main',
    sent: { text: { sent: 3, not_on_whatsapp: 1 } },
    received: { text: 1 },
    ackLatencyMs: { count: 3, p50: Number, p95: Number, max: Number },
    queue: { running: 0, waiting: 0 },
    decryptFailures: 0,
  })
  t.match(await ask<BrokerInstance>('GET', '/instances/main'), {
    body: { counters: { sent: 3, failed: 1, received: 1 } },
  })
})

test('an instance\u2019s settings are kept, changed in parts, and judged', async (t) => {
  const settings = { typing: true, ceiling: 3, webhookUrl: 'http://127.0.0.1:9/hook' }
  const made = await ask('POST', '/instances', { id: 'set', name: 'Set', tenantId: 'demo', settings })
  t.match(made, { status: 201, body: { settings } })
  const change = { settings: { typing: null, readReceipts: false } }
  const { body } = await ask<BrokerInstance>('PATCH', '/instances/set', change)
  t.same(body.settings, { ceiling: 3, readReceipts: false, webhookUrl: settings.webhookUrl })
  for (const wrong of [
    { ceiling: 0 },
    { ceiling: 101 },
    { typing: 'yes' },
    { webhookUrl: 'ftp://a' },
    { nap: 1 },
  ]) {
    t.match(await ask<Problem>('PATCH', '/instances/set', { settings: wrong }), {
      status: 400,
      body: { error: { code: 'INVALID_PAYLOAD' } },
    })
  }
  t.equal((await ask('PATCH', '/instances/nobody', { name: 'x' })).status, 404)
})

test('what needs WhatsApp says that the instance is not connected, or not there', async (t) => {
  const calls: [string, string, unknown?][] = [
    ['POST', 'exists', { to: CUSTOMER }],
    ['GET', 'groups'],
    ['POST', 'presence', { presence: 'available' }],
    ['POST', 'read', { messageIds: ['3A'] }],
  ]
  for (const [method, path, body] of calls) {
    t.match(await ask<Problem>(method, `/instances/set/${path}`, body), {
      status: 409,
      body: { error: { code: 'INSTANCE_DISCONNECTED', details: { status: 'created', connected: false } } },
    })
    t.match(await ask<Problem>(method, `/instances/nobody/${path}`, body), {
      status: 404,
      body: { error: { code: 'INSTANCE_NOT_FOUND' } },
    })
  }
  t.equal((await ask('GET', '/instances/nobody/metrics')).status, 404)
})
