import { test } from 'tap'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const CUSTOMER = '5511888880001'
const PERSON = `/customers/${CUSTOMER}`

test('a person confirms, reads and answers presence as told', async (t) => {
  const simulator = await startTestSimulator(t)
  t.match(await simulator.get(PERSON), {
    phone: CUSTOMER,
    onWhatsApp: true,
    online: true,
    deliveredAfterMs: 0,
    readAfterMs: null,
    blocked: [],
  })
  const changed = await simulator.call('PATCH', PERSON, { pushName: 'Ana', readAfterMs: 0, online: false })
  t.match(changed, { status: 200, body: { pushName: 'Ana', readAfterMs: 0, online: false } })
  t.match((await simulator.call('PATCH', PERSON, {})).body, { error: { code: 'VALIDATION_ERROR' } })
  t.match((await simulator.call('PATCH', PERSON, { name: 'Ana' })).body, {
    error: { code: 'VALIDATION_ERROR' },
  })
})

test('of who hides the LID WhatsApp tells none, and what the account answers arrives', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  t.match((await simulator.call('PATCH', PERSON, { hidesLid: true })).body, { hidesLid: true })
  await simulator.post(`${PERSON}/messages`, { text: 'hello' })
  t.match(await device.texts.reached(1), [{ from: CUSTOMER, text: 'hello' }])
  const { lidMapping } = device.socket.signalRepository
  t.equal(await lidMapping.getLIDForPN(`${CUSTOMER}@s.whatsapp.net`), null)
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'welcome', 'ANSWER')
  await device.acks.reached(1)
  t.match(await simulator.get(`${PERSON}/messages`), { items: [{ id: 'ANSWER', text: 'welcome' }] })
})

test('an offline phone gets what waited when it is online again', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  await simulator.call('PATCH', PERSON, { online: false })
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'are you there?', 'WAITS')
  await device.acks.reached(1)
  t.same(await simulator.get(`${PERSON}/messages`), { items: [] })

  const shown = Promise.withResolvers<void>()
  device.socket.ev.on('messages.update', () => shown.resolve())
  await simulator.call('PATCH', PERSON, { online: true })
  await shown.promise
  t.match(await simulator.get(`${PERSON}/messages`), { items: [{ id: 'WAITS' }] })
})

test('who is not on WhatsApp writes nothing, and gets nothing', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  await simulator.call('PATCH', PERSON, { onWhatsApp: false })

  t.match(await simulator.post(`${PERSON}/messages`, { text: 'hello' }), {
    status: 422,
    body: { error: { code: 'RECIPIENT_NOT_ON_WHATSAPP' } },
  })
  const [found] = (await device.socket.onWhatsApp(CUSTOMER)) ?? []
  t.notOk(found?.exists)
  await simulator.call('PATCH', PERSON, { onWhatsApp: true })
  t.match(await simulator.post(`${PERSON}/messages`, { text: 'hello' }), { status: 202 })
})

test('what a blocked account writes does not show until it is unblocked', async (t) => {
  const simulator = await startTestSimulator(t)
  const device = await simulator.device(ACCOUNT)
  t.match((await simulator.call('PUT', `${PERSON}/blocked/${ACCOUNT}`)).body, { blocked: [ACCOUNT] })
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'buy now', 'SPAM')
  await device.acks.reached(1)
  t.match((await simulator.call('DELETE', `${PERSON}/blocked/${ACCOUNT}`)).body, { blocked: [] })

  const delivered = Promise.withResolvers<void>()
  device.socket.ev.on('messages.update', () => delivered.resolve())
  await device.send(`${CUSTOMER}@s.whatsapp.net`, 'sorry', 'SORRY')
  await delivered.promise
  t.match(await simulator.get(`${PERSON}/messages`), { items: [{ id: 'SORRY' }] })
})
