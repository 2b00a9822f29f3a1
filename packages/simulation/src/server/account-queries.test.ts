import { once } from 'node:events'
import { test } from 'tap'
import { createArrivals } from '../test-arrivals.ts'
import { formatAddress } from './address.ts'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const jid = (phone: string) => `${phone}@s.whatsapp.net`

test('every question that Baileys asks of itself when it opens is answered', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA), { fireInitQueries: true })
  await ana.opened
  for (const xmlns of ['abt', 'blocklist', 'privacy']) {
    await whatsapp.taken.until(({ attrs }) => attrs.xmlns === xmlns)
  }

  t.same(await ana.socket.fetchBlocklist(), [])
  t.match(await ana.socket.fetchPrivacySettings(true), { readreceipts: 'all', last: 'all' })
  t.match(await ana.socket.fetchAccountReachoutTimelock(), { isActive: false })
  t.equal(await ana.socket.getBusinessProfile(jid(BETO)), undefined)
  await t.rejects(ana.socket.profilePictureUrl(jid(BETO)), /item-not-found/)
  await ana.socket.resyncAppState(['regular', 'critical_block'], false)
  await ana.socket.rotateSignedPreKey()
})

test('a client learns who is on WhatsApp, and under which LID', async (t) => {
  const whatsapp = await startTestServer(t)
  const nobody = whatsapp.server.persons.named('5511777770000')
  if (nobody) nobody.onWhatsApp = false
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened

  t.same(await ana.socket.onWhatsApp(BETO, '5511777770000'), [{ jid: jid(BETO), exists: true }])
  t.same(await ana.socket.signalRepository.lidMapping.getLIDForPN(jid(BETO)), formatAddress(BETO, 'lid'))
})

test('a message to a number that is not on WhatsApp is refused', async (t) => {
  const whatsapp = await startTestServer(t)
  const nobody = whatsapp.server.persons.named('5511777770000')
  if (nobody) nobody.onWhatsApp = false
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened

  await ana.text(jid('5511777770000'), 'anybody?', 'A-1')
  t.match(await ana.updates.reached(1), [
    { key: { id: 'A-1' }, update: { status: 0, messageStubParameters: ['404'] } },
  ])
})

test('typing is shown to the other side at once', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  const shown = once(beto.socket.ws, 'CB:chatstate')

  await ana.socket.sendPresenceUpdate('composing', jid(BETO))

  t.match(await shown, [{ attrs: { from: jid(ANA) }, content: [{ tag: 'composing' }] }])
})

test('whoever asks to be told is told when somebody comes and goes', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA), { markOnlineOnConnect: false })
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  const states = createArrivals<string>()
  beto.socket.ws.on('CB:presence', ({ attrs }: { attrs: { type?: string } }) =>
    states.add(attrs.type ?? 'available'),
  )

  await beto.socket.presenceSubscribe(jid(ANA))
  await states.reached(1)
  await ana.socket.sendPresenceUpdate('available')
  await states.reached(2)
  await ana.socket.sendPresenceUpdate('unavailable')
  t.same(await states.reached(3), ['unavailable', 'available', 'unavailable'])
})

test('a client that runs out of prekeys is told, and brings more', async (t) => {
  const whatsapp = await startTestServer(t)
  const credentials = await whatsapp.link(ANA)
  const keys = credentials.device.companion?.keys
  if (!keys) throw new Error('linked with keys')
  const ana = whatsapp.connect(credentials)
  await ana.opened
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await beto.opened

  const address = formatAddress(ANA, 'lid', credentials.device.number)
  const before = keys.preKeys.size
  for (let asked = 0; asked <= before - 5; asked++) await beto.socket.assertSessions([address], true)

  await whatsapp.taken.until(
    ({ from, attrs }) => from === ANA && attrs.xmlns === 'encrypt' && attrs.type === 'set',
  )
  t.ok((credentials.device.companion?.keys?.preKeys.size ?? 0) > 4)
})

test('a client that is linked later gets what is written from then on', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])
  await ana.text(jid(BETO), 'to one', 'A-1')
  await beto.texts.reached(1)

  const betoToo = whatsapp.connect(await whatsapp.link(BETO))
  await betoToo.opened
  await whatsapp.taken.until(({ from, attrs }) => from === ANA && attrs.type === 'devices')
  await ana.text(jid(BETO), 'to both', 'A-2')

  t.match(await betoToo.texts.reached(1), [{ id: 'A-2' }])
  t.match(await beto.texts.reached(2), [{ id: 'A-1' }, { id: 'A-2' }])
})
