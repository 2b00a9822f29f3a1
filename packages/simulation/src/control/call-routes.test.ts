import { type BaileysEventMap, isJidGroup, type WACallEvent } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createArrivals } from '../test-arrivals.ts'
import { startTestSimulator } from '../test-simulator.ts'

const ACCOUNT = '5511999990000'
const CUSTOMER = '5511888880001'

test('a client is told that somebody calls, and what becomes of it', async (t) => {
  const simulator = await startTestSimulator(t)
  const { socket } = await simulator.device(ACCOUNT)
  const calls = createArrivals<WACallEvent>()
  socket.ev.on('call', (told) => told.forEach(calls.add))
  const { body } = await simulator.post(`/customers/${CUSTOMER}/calls`, { to: ACCOUNT, video: true })
  await simulator.post(`/customers/${CUSTOMER}/calls`, { to: ACCOUNT, id: body.id, event: 'timeout' })
  t.match(await calls.reached(2), [
    { id: body.id, status: 'offer', isVideo: true, callerPn: `${CUSTOMER}@s.whatsapp.net` },
    { id: body.id, status: 'timeout', isVideo: true },
  ])
})

test('who writes by LID may hide the phone, until it is shown', async (t) => {
  const simulator = await startTestSimulator(t)
  const { socket } = await simulator.device(ACCOUNT)
  const messages = createArrivals<BaileysEventMap['messages.upsert']['messages'][number]>()
  const mappings = createArrivals<BaileysEventMap['lid-mapping.update']>()
  socket.ev.on('messages.upsert', (upsert) => upsert.messages.forEach(messages.add))
  socket.ev.on('lid-mapping.update', mappings.add)
  await simulator.call('PATCH', `/customers/${CUSTOMER}`, { addressing: 'lid', hidesPhone: true })
  await simulator.post(`/customers/${CUSTOMER}/messages`, { text: 'who am I?', to: ACCOUNT })
  const [message] = await messages.reached(1)
  t.match(message?.key.remoteJid, /@lid$/)
  t.notOk(message?.key.remoteJidAlt)
  await simulator.post(`/customers/${CUSTOMER}/profile`, { to: ACCOUNT })
  t.match(await mappings.reached(1), [{ lid: message?.key.remoteJid, pn: `${CUSTOMER}@s.whatsapp.net` }])
})

test('an admin renames a group, and its members\u2019 clients are told', async (t) => {
  const simulator = await startTestSimulator(t)
  const { socket } = await simulator.device(ACCOUNT)
  const renamed = createArrivals<string | undefined>()
  socket.ev.on('groups.update', (groups) => groups.map(({ subject }) => subject).forEach(renamed.add))
  const made = await simulator.post('/groups', { subject: 'Family', creator: CUSTOMER, members: [ACCOUNT] })
  const jid = String(made.body.jid)
  t.ok(isJidGroup(jid))
  const answer = await simulator.call('PATCH', `/groups/${jid}`, { by: CUSTOMER, subject: 'The family' })
  t.match(answer, { status: 200, body: { subject: 'The family' } })
  t.same(await renamed.reached(1), ['The family'])
  t.match(await simulator.call('PATCH', `/groups/${jid}`, { by: ACCOUNT, subject: 'Mine' }), { status: 422 })
})
