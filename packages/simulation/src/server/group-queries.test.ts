import { test } from 'tap'
import { formatAddress } from './address.ts'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const CAIO = '5511999990003'
const jid = (phone: string) => `${phone}@s.whatsapp.net`

test('what one member writes in a group reaches every other, under the LID and with the phone beside', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  const caio = whatsapp.connect(await whatsapp.link(CAIO))
  await Promise.all([ana.opened, beto.opened, caio.opened])

  const group = await ana.socket.groupCreate('Família', [jid(BETO), jid(CAIO)])
  t.match(group, { subject: 'Família', addressingMode: 'lid', size: 3 })
  await ana.text(group.id, 'oi, gente', 'G-1')
  await ana.text(group.id, 'de novo', 'G-2')

  for (const member of [beto, caio]) {
    const texts = await member.texts.until(({ id }) => id === 'G-2')
    t.same(
      texts.filter(({ text }) => text !== '').map(({ id, chat, text }) => ({ id, chat, text })),
      [
        { id: 'G-1', chat: group.id, text: 'oi, gente' },
        { id: 'G-2', chat: group.id, text: 'de novo' },
      ],
    )
    const written = member.messages.items.find(({ key }) => key.id === 'G-1')
    t.match(written?.key, { participant: formatAddress(ANA, 'lid'), participantAlt: jid(ANA) })
  }
  await beto.text(group.id, 'oi, Ana', 'G-3')
  await ana.texts.until(({ id, text }) => id === 'G-3' && text === 'oi, Ana')
  await caio.texts.until(({ id, text }) => id === 'G-3' && text === 'oi, Ana')
})

test('who is not in a group cannot write there; who is removed no longer gets what is written', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  const group = await ana.socket.groupCreate('Trabalho', [jid(BETO)])

  const [answer] = await ana.socket.groupParticipantsUpdate(group.id, [jid(BETO)], 'remove')
  t.match(answer, { status: '200' })
  t.match(await ana.socket.groupMetadata(group.id), { size: 1 })
  await t.rejects(beto.socket.groupMetadata(group.id), /forbidden/)
  const [again] = await ana.socket.groupParticipantsUpdate(group.id, [jid(BETO)], 'remove')
  t.match(again, { status: '404' })
})

test('a client knows the groups it is in, and leaves one', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  const group = await ana.socket.groupCreate('Time', [jid(BETO)])
  await ana.socket.groupUpdateSubject(group.id, 'Time A')

  t.match(await beto.socket.groupFetchAllParticipating(), { [group.id]: { subject: 'Time A' } })
  await beto.socket.groupLeave(group.id)
  t.same(await beto.socket.groupFetchAllParticipating(), {})
})
