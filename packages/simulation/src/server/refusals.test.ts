import { once } from 'node:events'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const ERROR_STATUS = 0
const jid = (phone: string) => `${phone}@s.whatsapp.net`

test('a second connection of the same client ends the first with 440', async (t) => {
  const whatsapp = await startTestServer(t)
  const credentials = await whatsapp.link(ANA)
  const first = whatsapp.connect(credentials)
  await first.opened

  const second = whatsapp.connect(credentials)
  await second.opened

  t.equal(await first.closed, 440)
  t.equal(whatsapp.server.connections().length, 1)
})

test('a client whose account or device is unknown, or whose key is another one, gets 401', async (t) => {
  const whatsapp = await startTestServer(t)
  const stranger = await whatsapp.link(ANA)
  whatsapp.server.unlink(ANA, stranger.device.number, 'gone')
  const thief = await whatsapp.link(BETO)
  const other = await whatsapp.link(BETO)
  thief.creds.me.id = other.creds.me.id

  t.equal(await whatsapp.connect(stranger).closed, 401)
  t.equal(await whatsapp.connect(thief).closed, 401)
})

test('a client that is unlinked from the phone gets 401', async (t) => {
  const whatsapp = await startTestServer(t)
  const credentials = await whatsapp.link(ANA)
  const ana = whatsapp.connect(credentials)
  await ana.opened

  t.ok(whatsapp.server.unlink(ANA, credentials.device.number, 'removed on the phone'))

  t.equal(await ana.closed, 401)
  t.equal(await whatsapp.connect(credentials).closed, 401, 'and cannot come back')
})

test('a refused message is an error with the server’s code at its sender, and reaches nobody', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  const beto = whatsapp.connect(await whatsapp.link(BETO))
  await Promise.all([ana.opened, beto.opened])

  const codes = [479, 429, 463]
  whatsapp.server.verdicts.message = (_sender, { attrs }) => codes.find((code) => attrs.id === `NO-${code}`)
  for (const code of codes) await ana.text(jid(BETO), 'refused', `NO-${code}`)

  const updates = await ana.updates.reached(codes.length)
  for (const [index, code] of codes.entries()) {
    t.match(updates[index], {
      key: { id: `NO-${code}`, remoteJid: jid(BETO) },
      update: { status: ERROR_STATUS, messageStubParameters: [String(code)] },
    })
  }
  await ana.text(jid(BETO), 'taken', 'YES')
  t.match(await beto.texts.reached(1), [{ id: 'YES' }])
})

test('a query that is refused, or that nobody answers, is an error and not a silence', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const query = (xmlns: string) =>
    ana.socket.query({ tag: 'iq', attrs: { to: '@s.whatsapp.net', type: 'get', xmlns }, content: [] })

  await t.rejects(query('nobody:knows'), /feature-not-implemented/)
  whatsapp.server.verdicts.query = () => 429
  await t.rejects(ana.socket.groupMetadata('120363000000000000@g.us'), /rate-overlimit/)
})

const intro = Buffer.from([0x57, 0x41, 6, 3])

test('a client that speaks no WhatsApp is closed with a reason, and the server lives on', async (t) => {
  const whatsapp = await startTestServer(t)
  const strangers: [name: string, bytes: Buffer, reason: RegExp][] = [
    ['no intro', Buffer.from('GET / HTTP/1.1'), /intro/],
    ['a frame too long', Buffer.concat([intro, Buffer.from([0xff, 0xff, 0xff])]), /frame of 16777215 bytes/],
    ['no hello', Buffer.concat([intro, Buffer.from([0, 0, 4, 1, 2, 3, 4])]), /client hello/],
    ['too much routing', Buffer.from([0x45, 0x44, 0, 1, 0xff, 0, 0, 1]), /routing/],
  ]
  for (const [index, [name, bytes, reason]] of strangers.entries()) {
    const socket = new WebSocket(whatsapp.url)
    await once(socket, 'open')
    socket.send(bytes)
    await once(socket, 'close')
    t.match((await whatsapp.ended.reached(index + 1)).at(-1), reason, name)
  }
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
})

test('a frame longer than any is not even read', async (t) => {
  const whatsapp = await startTestServer(t)
  const socket = new WebSocket(whatsapp.url)
  socket.on('error', () => undefined)
  await once(socket, 'open')
  socket.send(Buffer.concat([intro, Buffer.alloc(5 * 1024 * 1024)]))
  await once(socket, 'close')
  t.match(await whatsapp.ended.reached(1), [/Max payload size exceeded/])
})

test('a frame that is not sealed for this connection ends it', async (t) => {
  const whatsapp = await startTestServer(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened

  ana.socket.ws.send(Buffer.from([0, 0, 20, ...Buffer.alloc(20)]), () => undefined)

  t.equal(await ana.closed, 428)
  t.match(await whatsapp.ended.reached(1), [/bad MAC/])
})

test('a linked client that sends what is no stanza is sent away, and can come back', async (t) => {
  const whatsapp = await startTestServer(t)
  const credentials = await whatsapp.link(ANA)
  const ana = whatsapp.connect(credentials)
  await ana.opened

  await ana.socket.sendNode({ tag: 'nonsense', attrs: {} })

  t.equal(await ana.closed, 500)
  t.same(await whatsapp.ended.reached(1), ['an unknown stanza: nonsense'])
  await whatsapp.connect(credentials).opened
})
