import { type BinaryNode, getAllBinaryNodeChildren, getBinaryNodeChild } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createTestPeople, textsOf } from './test-phones.ts'

const GROUP = '120363000000000001@g.us'

function createGroup() {
  const people = createTestPeople()
  const { network, ana, bia, phone } = people
  const caio = phone('5511900000003')
  network.group(GROUP, [ana, bia, caio])
  return { ...people, caio }
}

/** How many devices a group's stanza tells the sender key. */
function told(node: BinaryNode | undefined): number {
  return getAllBinaryNodeChildren(getBinaryNodeChild(node, 'participants') ?? { tag: '', attrs: {} }).length
}

test('what is written in a group shows on every phone of it, and each confirms for itself', async (t) => {
  const { network, ana, bia, caio } = createGroup()
  await ana.write(GROUP, { type: 'text', text: 'Oi, gente' })
  await network.settled()
  await bia.write(GROUP, { type: 'text', text: 'Oi, Ana' })
  await network.settled()
  caio.read(GROUP)
  await network.settled()
  for (const phone of [ana, bia, caio]) {
    t.match(phone.shown(), [
      { chat: GROUP, from: ana.phone, content: { text: 'Oi, gente' } },
      { chat: GROUP, from: bia.phone, content: { text: 'Oi, Ana' } },
    ])
  }
  t.same(
    ana.shown()[0]?.receipts.map(({ from, kind }) => [from, kind]),
    [
      [bia.phone, 'delivered'],
      [caio.phone, 'delivered'],
      [caio.phone, 'read'],
    ],
  )
})

test('Baileys and phones read each other in a group', async (t) => {
  const { network, ana, bia, caio, baileys } = createGroup()
  const companion = baileys(bia)
  await ana.write(GROUP, { type: 'text', text: 'from a phone' })
  await ana.write(GROUP, { type: 'text', text: 'and another' })
  await network.settled()
  await companion.write(GROUP, { text: 'from Baileys' })
  await companion.write(GROUP, { text: 'from Baileys again' })
  await network.settled()
  await bia.write(GROUP, { type: 'text', text: 'from its own phone' })
  await network.settled()
  t.same(companion.unreadable, [])
  t.match(companion.messages, [
    {
      key: { remoteJid: GROUP, participant: `${ana.lid}@lid`, fromMe: false },
      message: { conversation: 'from a phone' },
    },
    { message: { conversation: 'and another' } },
    { key: { fromMe: true }, message: { conversation: 'from its own phone' } },
  ])
  const texts = ['from a phone', 'and another', 'from Baileys', 'from Baileys again', 'from its own phone']
  for (const phone of [ana, bia, caio]) t.same(textsOf(phone), texts)
  t.equal(caio.shown()[2]?.from, bia.phone)
})

test('the sender key is told once to each device, and changed when somebody leaves', async (t) => {
  const { network, ana, bia, caio, phone } = createGroup()
  const dora = phone('5511900000004')
  const sent: number[] = []
  const send = async (text: string) => {
    const { id } = await ana.write(GROUP, { type: 'text', text })
    await network.settled()
    const stanzas = network.delivered.filter(({ node }) => node.tag === 'message' && node.attrs.id === id)
    sent.push(stanzas.filter(({ node }) => getAllBinaryNodeChildren(node).length > 1).length)
  }
  await send('to two')
  await send('to two again')
  network.group(GROUP, [ana, bia, caio, dora])
  await send('to three')
  network.group(GROUP, [ana, bia, dora])
  await send('without Caio')
  await send('without Caio again')
  t.same(sent, [2, 0, 1, 2, 0])
  t.same(textsOf(bia), ['to two', 'to two again', 'to three', 'without Caio', 'without Caio again'])
  t.same(textsOf(dora), ['to three', 'without Caio', 'without Caio again'])
  t.same(textsOf(caio), ['to two', 'to two again', 'to three'])
})

test('a key that left with somebody opens nothing that is written afterwards', async (t) => {
  const { network, ana, bia, caio } = createGroup()
  await ana.write(GROUP, { type: 'text', text: 'all three' })
  await network.settled()
  network.group(GROUP, [ana, bia])
  const { id } = await ana.write(GROUP, { type: 'text', text: 'the two of us' })
  await network.settled()
  const overheard = network.delivered.find(({ node }) => node.tag === 'message' && node.attrs.id === id)
  const content = getAllBinaryNodeChildren(overheard?.node ?? { tag: '', attrs: {} }).filter(
    ({ attrs }) => attrs.type === 'skmsg',
  )
  t.equal(content.length, 1)
  // He cannot open it, and asking does not help him.
  if (overheard) await caio.receive({ ...overheard.node, content })
  await network.settled()
  t.same(textsOf(caio), ['all three'])
  t.equal(told(overheard?.node), 0)
})

test('one who could not open a message of a group gets it again, and nobody else does', async (t) => {
  const { network, ana, bia, caio } = createGroup()
  caio.failToOpen(2)
  const { id } = await ana.write(GROUP, { type: 'text', text: 'again?' })
  await network.settled()
  await ana.write(GROUP, { type: 'text', text: 'fine' })
  await network.settled()
  t.match(caio.shown(), [{ id, stanzas: 3, content: { text: 'again?' } }, { stanzas: 1 }])
  t.same(
    bia.shown().map(({ stanzas }) => stanzas),
    [1, 1],
  )
  t.match(ana.shown()[0]?.receipts, [{ from: bia.phone }, { from: caio.phone }])
})
