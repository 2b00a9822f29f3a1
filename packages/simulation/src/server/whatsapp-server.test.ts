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
