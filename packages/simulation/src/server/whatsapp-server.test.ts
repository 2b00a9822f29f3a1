import { test } from 'tap'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const jid = (phone: string) => `${phone}@s.whatsapp.net`

test('two linked clients exchange texts, each sealed for the other', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])

  await ana.text(jid(BETO), 'Olá, Beto 👋', 'A-1')
  t.same(await beto.texts.reached(1), [{ id: 'A-1', chat: jid(ANA), text: 'Olá, Beto 👋' }])
  t.match(beto.messages.items, [{ key: { fromMe: false }, pushName: `Client of ${ANA}` }])
  t.same(await ana.acks.reached(1), ['A-1'])

  await beto.text(jid(ANA), 'Oi, Ana', 'B-1')
  t.same(await ana.texts.reached(1), [{ id: 'B-1', chat: jid(BETO), text: 'Oi, Ana' }])
})

test('a linked client that is told to have prekeys here brings none, and is written to all the same', async (t) => {
  const whatsapp = await startTestServer(t, { claimedPreKeys: 10 })
  const credentials = await whatsapp.link(BETO)
  credentials.device.companion?.keys?.preKeys.clear()
  const beto = whatsapp.connect(credentials)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await Promise.all([ana.opened, beto.opened])

  await ana.text(jid(BETO), 'Olá', 'A-1')

  t.match(await beto.texts.reached(1), [{ id: 'A-1', text: 'Olá' }])
  t.equal(credentials.device.companion?.keys?.preKeys.size, 0)
})
