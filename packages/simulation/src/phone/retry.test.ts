import { getBinaryNodeChild } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createTestPeople, textsOf } from './test-phones.ts'

test('what could not be opened is asked for, and shown when it comes again', async (t) => {
  const { network, ana, bia } = createTestPeople()
  bia.failToOpen(1)
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  await ana.write(bia.phone, { type: 'text', text: 'Tudo bem?' })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'Tudo' })
  await network.settled()
  t.match(bia.shown({ id }), [{ stanzas: 2, content: { text: 'Oi' } }])
  t.same(textsOf(bia), ['Oi', 'Tudo bem?', 'Tudo'])
  t.same(textsOf(ana), ['Oi', 'Tudo bem?', 'Tudo'])
  t.same(
    ana
      .shown()
      .slice(0, 2)
      .map(({ receipts }) => receipts.length),
    [1, 1],
  )
})

test('a phone asks five times, with its keys from the second time on, and then gives up', async (t) => {
  const { network, ana, bia } = createTestPeople()
  bia.failToOpen(100)
  await ana.write(bia.phone, { type: 'text', text: 'never' })
  await network.settled()
  const asked = network.delivered.filter(({ node }) => node.tag === 'receipt' && node.attrs.type === 'retry')
  t.same(
    asked.map(({ node }) => getBinaryNodeChild(node, 'retry')?.attrs.count),
    ['1', '2', '3', '4', '5'],
  )
  t.same(
    asked.map(({ node }) => getBinaryNodeChild(node, 'keys') !== undefined),
    [false, true, true, true, true],
  )
  t.same(bia.shown(), [])
  bia.failToOpen(0)
  await ana.write(bia.phone, { type: 'text', text: 'at last' })
  await network.settled()
  t.same(textsOf(bia), ['at last'])
})

test('a phone that lost its sessions gets what is written to it all the same', async (t) => {
  const { network, ana, bia } = createTestPeople()
  await ana.write(bia.phone, { type: 'text', text: 'before' })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'answer' })
  await network.settled()
  await bia.forgetSessions()
  await ana.write(bia.phone, { type: 'text', text: 'after' })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'I am back' })
  await network.settled()
  t.same(textsOf(bia), ['before', 'answer', 'after', 'I am back'])
  t.same(textsOf(ana), ['before', 'answer', 'after', 'I am back'])
})

test('a phone writes again for the companion that asks, and for no other device', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companions = [baileys(bia, 1), baileys(bia, 2)]
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  network.port(network.person(bia.phone), 1).send({
    tag: 'receipt',
    attrs: { id, to: `${ana.phone}@s.whatsapp.net`, type: 'retry' },
    content: [{ tag: 'retry', attrs: { id, count: '1', v: '1' } }],
  })
  await network.settled()
  t.same(
    companions.map(({ messages }) => messages.length),
    [2, 1],
  )
  t.match(companions[0]?.messages[1], { key: { id }, retryCount: 1, message: { conversation: 'Oi' } })
})

test('an own companion that asks is given the copy of its chat', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia)
  const { id } = await bia.write(ana.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  network.port(network.person(bia.phone), 1).send({
    tag: 'receipt',
    attrs: { id, to: `${bia.phone}@s.whatsapp.net`, type: 'retry', recipient: `${ana.phone}@s.whatsapp.net` },
    content: [{ tag: 'retry', attrs: { id, count: '1', v: '1' } }],
  })
  await network.settled()
  t.match(companion.messages, [
    { key: { id, fromMe: true, remoteJid: `${ana.phone}@s.whatsapp.net` } },
    { key: { id, fromMe: true, remoteJid: `${ana.phone}@s.whatsapp.net` }, retryCount: 1 },
  ])
})

test('whoever a message is not for is given nothing of it', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  const caio = phone('5511900000003')
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'between us' })
  await network.settled()
  network.port(network.person(caio.phone)).send({
    tag: 'receipt',
    attrs: { id, to: `${ana.phone}@s.whatsapp.net`, type: 'retry' },
    content: [{ tag: 'retry', attrs: { id, count: '1', v: '1' } }],
  })
  await network.settled()
  t.same(caio.shown(), [])
  t.notOk(network.delivered.some(({ to, node }) => node.tag === 'message' && to.startsWith(caio.phone)))
})

test('a device that has given no keys keeps nobody else from a message', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companion = baileys(bia, 1)
  network.connect(network.person(bia.phone), 2, {
    bundle() {
      throw new Error('no keys yet')
    },
    receive: async () => void t.fail('it was sent something'),
  })
  await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  t.same(textsOf(bia), ['Oi'])
  t.equal(companion.messages.length, 1)
  await t.rejects(bia.tellCompanion(2, {}), { message: /has given no keys/ })
})

test('a message of an earlier session that comes late leaves the session in use whole', async (t) => {
  const { network, ana, bia } = createTestPeople()
  await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  network.decide((_to, { tag, attrs }) => (tag === 'message' && attrs.id === 'LATE' ? 'hold' : 'deliver'))
  await bia.write(ana.phone, { type: 'text', text: 'late' }, { id: 'LATE' })
  // Ana starts a session anew for what Bia asks for again.
  bia.failToOpen(1)
  await ana.write(bia.phone, { type: 'text', text: 'Tudo bem?' })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'Tudo' })
  await network.settled()
  network.release()
  await network.settled()
  t.match(ana.shown({ id: 'LATE' }), [{ stanzas: 1, content: { text: 'late' } }])
  const toBia = await ana.write(bia.phone, { type: 'text', text: 'E a família?' })
  const toAna = await bia.write(ana.phone, { type: 'text', text: 'Também' })
  await network.settled()
  t.match(bia.shown(toBia), [{ stanzas: 1 }])
  t.match(ana.shown(toAna), [{ stanzas: 1 }])
})

test('two who write their first messages at once go on without asking again', async (t) => {
  const { network, ana, bia } = createTestPeople()
  for (const text of ['one', 'two', 'three', 'four']) {
    await Promise.all([
      ana.write(bia.phone, { type: 'text', text }),
      bia.write(ana.phone, { type: 'text', text }),
    ])
    await network.settled()
  }
  t.notOk(network.delivered.some(({ node }) => node.attrs.type === 'retry'))
  t.equal(ana.shown().length, 8)
  t.equal(bia.shown().length, 8)
})
