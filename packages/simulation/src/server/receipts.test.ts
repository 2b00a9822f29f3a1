import { proto, type WAMessageUpdate } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const jid = (phone: string) => `${phone}@s.whatsapp.net`
const { Status } = proto.WebMessageInfo

test('a sender learns that a message was delivered and that it was read', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])

  await ana.text(jid(BETO), 'read me', 'A-1')
  const [message] = await beto.messages.reached(1)
  t.match((await ana.updates.reached(1)).map(brief), [{ id: 'A-1', status: Status.DELIVERY_ACK }])

  if (message) await beto.socket.readMessages([message.key])
  t.match((await ana.updates.reached(2)).map(brief)[1], { id: 'A-1', status: Status.READ })
})

test('an account’s other client has what was sent here, as sent by the account, and learns what was read here', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const anaToo = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, anaToo.opened, beto.opened])

  await ana.text(jid(BETO), 'from my desk', 'A-1')
  await beto.texts.reached(1)
  const [copy] = await anaToo.messages.reached(1)
  t.match(copy, { key: { id: 'A-1', fromMe: true, remoteJid: jid(BETO) } })

  await beto.text(jid(ANA), 'answer', 'B-1')
  const [answer] = await ana.messages.reached(1)
  await anaToo.messages.reached(2)
  if (answer) await ana.socket.readMessages([answer.key])
  const updates = await anaToo.updates.until(({ key }) => key.id === 'B-1')
  t.match(updates.map(brief).at(-1), { id: 'B-1', status: Status.READ })
})

test('a client that cannot open a message asks its author again, and then has it', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA), {
    getMessage: async () => ({ conversation: 'three' }),
  })
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  await ana.text(jid(BETO), 'one', 'A-1')
  await beto.texts.reached(1)
  await beto.text(jid(ANA), 'two', 'B-1')
  await ana.texts.reached(1)

  await beto.socket.signalRepository.deleteSession([`${ANA}:1@s.whatsapp.net`, ...whatsapp.lidsOf(ANA)])
  await ana.text(jid(BETO), 'three', 'A-2')

  const texts = await beto.texts.until(({ id, text }) => id === 'A-2' && text !== '')
  t.match(texts.at(-1), { id: 'A-2', text: 'three' })
})

function brief({ key, update }: WAMessageUpdate) {
  return { id: key.id, status: update.status }
}
