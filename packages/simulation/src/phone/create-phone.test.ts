import fc from 'fast-check'
import { test } from 'tap'
import type { Phone } from './phone.ts'
import { createTestPeople, textsOf } from './test-phones.ts'

test('what one person writes shows on the phone of the other, and both see what became of it', async (t) => {
  const { network, ana, bia } = createTestPeople()
  const at = new Date('2026-01-02T03:04:05Z')
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oi!' }, { pushName: 'Aninha', at })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'Oi, Ana' })
  await network.settled()
  bia.read(ana.phone)
  await network.settled()
  t.match(bia.shown(), [
    {
      id,
      chat: ana.phone,
      from: ana.phone,
      content: { text: 'Oi!' },
      pushName: 'Aninha',
      at,
      stanzas: 1,
      read: true,
    },
    { chat: ana.phone, from: bia.phone, content: { text: 'Oi, Ana' }, stanzas: 0 },
  ])
  const [mine] = ana.shown({ chat: bia.phone, id })
  t.equal(mine?.ack, 'taken')
  t.match(mine?.receipts, [
    { from: bia.phone, device: 0, kind: 'delivered' },
    { from: bia.phone, device: 0, kind: 'read' },
  ])
})

test('people may be named by LID: it is the same chat', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  const caio = phone('5511900000003', { addressing: 'lid' })
  await ana.write(`${bia.lid}@lid`, { type: 'text', text: 'by LID' })
  await ana.write(`${bia.phone}@s.whatsapp.net`, { type: 'text', text: 'by phone' })
  await caio.write(bia.phone, { type: 'text', text: 'as settled' })
  await network.settled()
  t.same(textsOf(bia), ['by LID', 'by phone', 'as settled'])
  t.same(
    bia.shown().map(({ chat }) => chat),
    [ana.phone, ana.phone, caio.phone],
  )
  t.same(
    ana.shown().map(({ receipts }) => receipts.length),
    [1, 1],
  )
  t.equal(network.delivered.find(({ node }) => node.attrs.from?.startsWith(caio.lid))?.node.tag, 'message')
})

test('a stanza that comes twice is shown once and counted twice', async (t) => {
  const { network, ana, bia } = createTestPeople()
  network.decide((_, { tag }) => (tag === 'message' ? 'twice' : 'deliver'))
  await ana.write(bia.phone, { type: 'text', text: 'one' }, { id: 'SAME' })
  await network.settled()
  t.match(bia.shown(), [{ id: 'SAME', stanzas: 2 }])
  t.equal(bia.shown().length, 1)
})

test('two people may use one id: both messages are shown', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  const caio = phone('5511900000003')
  await ana.write(bia.phone, { type: 'text', text: 'of Ana' }, { id: 'SAME' })
  await caio.write(bia.phone, { type: 'text', text: 'of Caio' }, { id: 'SAME' })
  await network.settled()
  t.same(textsOf(bia), ['of Ana', 'of Caio'])
})

test('an account is its phone and its companions: each shows what any of them wrote', async (t) => {
  const { network, ana, bia, baileys } = createTestPeople()
  const companions = [baileys(bia, 1), baileys(bia, 2)]
  await bia.write(ana.phone, { type: 'text', text: 'from the phone' })
  await companions[0]?.write(`${ana.phone}@s.whatsapp.net`, { text: 'from a companion' })
  await network.settled()
  t.same(textsOf(ana), ['from the phone', 'from a companion'])
  t.same(textsOf(bia), ['from the phone', 'from a companion'])
  t.match(companions[1]?.messages, [
    {
      key: { fromMe: true, remoteJid: `${ana.phone}@s.whatsapp.net` },
      message: { conversation: 'from the phone' },
    },
    { key: { fromMe: true }, message: { extendedTextMessage: { text: 'from a companion' } } },
  ])
  t.match(companions[0]?.receipts, [
    { attrs: { from: `${ana.phone}@s.whatsapp.net` } },
    { attrs: { from: `${ana.phone}@s.whatsapp.net` } },
    {
      attrs: {
        type: 'sender',
        recipient: `${ana.phone}@s.whatsapp.net`,
        from: `${bia.phone}@s.whatsapp.net`,
      },
    },
  ])
})

test('only a companion is told what is for it alone', async (t) => {
  const { network, bia, baileys } = createTestPeople()
  const companions = [baileys(bia, 1), baileys(bia, 2)]
  await bia.tellCompanion(1, { protocolMessage: { appStateSyncKeyShare: { keys: [] } } })
  await network.settled()
  t.match(companions[0]?.messages, [
    { category: 'peer', key: { fromMe: true }, message: { protocolMessage: { appStateSyncKeyShare: {} } } },
  ])
  t.same(companions[1]?.messages, [])
  t.same(bia.shown(), [])
})

test('a refused message says so on the phone that wrote it', async (t) => {
  const { network, ana, bia } = createTestPeople()
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'too much' })
  await network.settled()
  const from = `${bia.phone}@s.whatsapp.net`
  await ana.receive({ tag: 'ack', attrs: { class: 'message', id, from, error: '479' } })
  t.same(ana.shown()[0]?.ack, { refused: 479 })
})

test('what cannot be written is refused with the reason', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  const { id } = await bia.write(ana.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  const to = { id, from: bia.phone }
  const unknown = { id: 'NOBODY' }
  await t.rejects(ana.write('5511999999999', { type: 'text', text: 'Oi' }), {
    code: 'RECIPIENT_NOT_ON_WHATSAPP',
  })
  await t.rejects(ana.write('@', { type: 'text', text: 'Oi' }), { code: 'INVALID_TO' })
  await t.rejects(ana.write(bia.phone, { type: 'edit', message: to, text: 'mine' }), {
    code: 'VALIDATION_ERROR',
  })
  await t.rejects(ana.write(bia.phone, { type: 'revoke', message: to }), { code: 'VALIDATION_ERROR' })
  await t.rejects(ana.write(bia.phone, { type: 'vote', poll: to, options: [] }), { code: 'VALIDATION_ERROR' })
  await t.rejects(ana.write(bia.phone, { type: 'reaction', message: unknown, emoji: '👍' }), {
    code: 'MESSAGE_NOT_FOUND',
  })
  const file = { bytes: Buffer.from('x') }
  await t.rejects(ana.write(bia.phone, { type: 'image', file }), { code: 'UNSUPPORTED_TYPE' })
  await t.rejects(ana.download(bia.phone, id), { code: 'MESSAGE_WITHOUT_MEDIA' })
  t.same(textsOf(phone('5511999999999')), [])
})

test('garbage is left alone: the next message is shown', async (t) => {
  const { network, ana, bia } = createTestPeople()
  const from = `${ana.phone}@s.whatsapp.net`
  const enc = { tag: 'enc', attrs: { v: '2', type: 'msg' }, content: Buffer.from('garbage') }
  for (const node of [
    { tag: 'message', attrs: {} },
    { tag: 'message', attrs: { id: 'A', from } },
    { tag: 'message', attrs: { id: 'B', from }, content: [enc] },
    { tag: 'message', attrs: { id: 'C', from }, content: [{ ...enc, attrs: { type: 'pkmsg' } }] },
    { tag: 'receipt', attrs: { id: 'A', from, type: 'retry' } },
    { tag: 'receipt', attrs: {} },
    { tag: 'ack', attrs: {} },
    { tag: 'surprise', attrs: {} },
  ]) {
    await bia.receive(node)
  }
  await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  await network.settled()
  t.same(textsOf(bia), ['Oi'])
})

test('whoever writes to whom in whatever order: each message shows once, and in order', async (t) => {
  const writing = fc.record({
    from: fc.nat(3),
    to: fc.nat(3),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    byLid: fc.boolean(),
    twice: fc.boolean(),
    settle: fc.boolean(),
  })
  const property = fc.asyncProperty(fc.array(writing, { maxLength: 25 }), async (writings) => {
    const { network, phone } = createTestPeople()
    const people = ['5521900000001', '5521900000002', '5521900000003', '5521900000004'].map((digits) =>
      phone(digits),
    )
    const expected = new Map<Phone, string[]>()
    for (const { from, to, text, byLid, twice, settle } of writings) {
      const [author, reader] = [people[from], people[to]]
      if (!author || !reader || author === reader) continue
      network.decide(() => (twice ? 'twice' : 'deliver'))
      await author.write(byLid ? `${reader.lid}@lid` : reader.phone, { type: 'text', text })
      if (settle) await network.settled()
      expected.set(reader, [...(expected.get(reader) ?? []), `${author.phone} ${text}`])
    }
    await network.settled()
    return people.every((reader) => {
      const got = reader.shown().filter(({ from }) => from !== reader.phone)
      const texts = got.map(({ from, content }) => `${from} ${content.text}`)
      return JSON.stringify(texts) === JSON.stringify(expected.get(reader) ?? [])
    })
  })
  await t.resolves(fc.assert(property, { numRuns: 25 }))
})

test('a person is the same after a restart: only sessions are new', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  await ana.write(bia.phone, { type: 'text', text: 'before' })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'answer' })
  await network.settled()
  const again = phone(bia.phone)
  t.same(again.identity, bia.identity)
  t.notSame(again.identity, ana.identity)
  t.equal(again.bundle().registrationId, bia.bundle().registrationId)
  await ana.write(bia.phone, { type: 'text', text: 'after' })
  await network.settled()
  t.same(textsOf(again), ['after'])
})

test('what is written twice under one id is one message', async (t) => {
  const { network, ana, bia } = createTestPeople()
  await ana.write(bia.phone, { type: 'text', text: 'one' }, { id: 'SAME' })
  await ana.write(bia.phone, { type: 'text', text: 'two' }, { id: 'SAME' })
  await network.settled()
  t.match([textsOf(ana), textsOf(bia)], [['one'], ['one']])
  t.equal(bia.shown()[0]?.stanzas, 2)
})
