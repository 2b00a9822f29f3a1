import { test } from 'tap'
import { lidOf } from '../server/address.ts'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const CUSTOMER = '5511888880001'

test('a text that a device sends is on the customer’s phone, acknowledged under the id it was sent with', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)

  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'Olá, tudo bem? 👋', 'OUT-1')

  t.same(await device.acks.reached(1), ['OUT-1'])
  t.match(await simulator.get(`/customers/+${CUSTOMER}/messages`), {
    items: [{ id: 'OUT-1', from: ACCOUNT, text: 'Olá, tudo bem? 👋', stanzas: 1 }],
  })
})

test('an id that is sent twice is one message on the phone, and both stanzas are counted', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)

  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'once', 'TWICE')
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'once', 'TWICE')
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'other', 'OTHER')
  await device.acks.reached(3)

  t.match(await simulator.get(`/customers/${CUSTOMER}/messages`), {
    items: [
      { id: 'TWICE', stanzas: 2 },
      { id: 'OTHER', stanzas: 1 },
    ],
  })
  const { items } = (await simulator.get(`/customers/${CUSTOMER}/messages?id=TWICE`)) as { items: unknown[] }
  t.equal(items.length, 1, 'asked for one id, only that one is listed')
})

test('a message addressed by LID is on the phone that the LID stands for', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)

  await device.send(`${lidOf(CUSTOMER)}@lid`, 'by lid', 'LID-1')
  await device.acks.reached(1)

  t.match(await simulator.get(`/customers/${CUSTOMER}/messages`), {
    items: [{ id: 'LID-1', text: 'by lid' }],
  })
})

test('what a customer writes reaches the device with phone, name and text, in the order of writing', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)

  for (const text of ['first', 'second', 'third']) {
    const answer = await simulator.post(`/customers/+${CUSTOMER}/messages`, {
      text,
      id: text,
      pushName: 'Ana',
    })
    t.same(answer, { status: 202, body: { id: text, to: ACCOUNT, delivery: 'delivered' } })
  }

  t.same(
    await device.texts.reached(3),
    ['first', 'second', 'third'].map((text) => ({ id: text, from: CUSTOMER, name: 'Ana', text })),
  )
})

test('a burst in both directions breaks no connection and loses nothing', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  const numbers = Array.from({ length: 150 }, (_, index) => index)

  await Promise.all([
    ...numbers.map((n) => device.send(`${CUSTOMER}@s.whatsapp.net`, `out ${n}`, `OUT-${n}`)),
    ...numbers.map((n) =>
      simulator.post(`/customers/${CUSTOMER}/messages`, { text: `in ${n}`, id: `IN-${n}` }),
    ),
  ])

  const acked = await device.acks.reached(numbers.length)
  const texts = await device.texts.reached(numbers.length)
  t.same(new Set(acked), new Set(numbers.map((n) => `OUT-${n}`)))
  t.same(new Set(texts.map(({ id }) => id)), new Set(numbers.map((n) => `IN-${n}`)))
  t.match(await simulator.get('/link'), { connections: 1 })
})

test('with several accounts a customer says which one is meant, and only that one gets the message', async (t) => {
  const simulator = await startTestSimulator(t)
  const first = await simulator.device('5511999990001')
  const second = await simulator.device('5511999990002')

  const unnamed = await simulator.post(`/customers/${CUSTOMER}/messages`, { text: 'who?' })
  t.match(unnamed, {
    status: 409,
    body: { error: { code: 'INSTANCE_REQUIRED', details: { accounts: ['5511999990001', '5511999990002'] } } },
  })
  const named = await simulator.post(`/customers/${CUSTOMER}/messages`, {
    text: 'you',
    to: '+5511999990002',
  })
  t.match(named, { status: 202, body: { to: '5511999990002' } })
  t.match(await second.texts.reached(1), [{ text: 'you' }])
  t.same(first.texts.items, [])
})

test('a customer who writes to nobody is told why', async (t) => {
  const simulator = await startTestSimulator(t)
  const path = `/customers/${CUSTOMER}/messages`

  t.match(await simulator.post(path, { text: 'hello' }), {
    status: 409,
    body: { error: { code: 'INSTANCE_DISCONNECTED' } },
  })
  t.match(await simulator.post(path, { text: 'hello', to: ACCOUNT }), {
    status: 404,
    body: { error: { code: 'NOT_FOUND' } },
  })
  t.match(await simulator.post('/customers/12/messages', { text: 'hello' }), {
    status: 400,
    body: { error: { code: 'VALIDATION_ERROR' } },
  })
  t.same(await simulator.get(path), { items: [] })
})
