import { test } from 'tap'
import { createTestPeople, textsOf } from './test-phones.ts'

for (const { name, settings, kinds } of [
  { name: 'confirms at once and reads when told', settings: {}, kinds: ['delivered'] },
  { name: 'never confirms', settings: { deliveredAfterMs: null }, kinds: [] },
  { name: 'reads by themselves', settings: { readAfterMs: 0 }, kinds: ['delivered', 'read'] },
]) {
  test(`a person who ${name} does so`, async (t) => {
    const { network, ana, phone } = createTestPeople()
    const caio = phone('5511900000003', settings)
    await ana.write(caio.phone, { type: 'text', text: 'Oi' })
    await network.settled()
    t.same(
      ana.shown()[0]?.receipts.map(({ kind }) => kind),
      kinds,
    )
    t.equal(caio.shown().length, 1)
  })
}

test('a person who is late confirms later, unless the phone is gone by then', async (t) => {
  const { network, ana, bia, phone } = createTestPeople()
  const gone = phone('5511900000003', { deliveredAfterMs: 5 })
  bia.configure({ deliveredAfterMs: 20 })
  await ana.write(gone.phone, { type: 'text', text: 'Oi' })
  await ana.write(bia.phone, { type: 'text', text: 'Oi' })
  const confirmed = Promise.withResolvers<void>()
  network.decide((_, { tag }) => {
    if (tag === 'receipt') confirmed.resolve()
    return 'deliver'
  })
  await network.settled()
  t.same(
    ana.shown().flatMap(({ receipts }) => receipts),
    [],
  )
  gone.close()
  await confirmed.promise
  await network.settled()
  t.match(
    ana.shown().flatMap(({ receipts }) => receipts),
    [{ from: bia.phone }],
  )
  t.equal(ana.shown().flatMap(({ receipts }) => receipts).length, 1)
})

test('a phone that is offline takes nothing, and what is written on it leaves when it is back', async (t) => {
  const { network, ana, bia } = createTestPeople()
  bia.setOnline(false)
  await ana.write(bia.phone, { type: 'text', text: 'Are you there?' })
  await bia.write(ana.phone, { type: 'text', text: 'In the subway' })
  await network.settled()
  t.same(textsOf(bia), ['In the subway'])
  t.same(textsOf(ana), ['Are you there?'])
  t.notOk(bia.shown()[0]?.ack)
  bia.setOnline(true)
  await network.settled()
  t.same(textsOf(ana), ['Are you there?', 'In the subway'])
  t.equal(bia.shown()[0]?.ack, 'taken')
})

test('what a blocked person writes is neither shown nor confirmed', async (t) => {
  const { network, ana, bia } = createTestPeople()
  bia.block(ana.phone)
  await ana.write(bia.phone, { type: 'text', text: 'unwanted' })
  await network.settled()
  bia.unblock(ana.phone)
  await ana.write(bia.phone, { type: 'text', text: 'wanted' })
  await network.settled()
  t.same(textsOf(bia), ['wanted'])
  t.same(
    ana.shown().map(({ receipts }) => receipts.length),
    [0, 1],
  )
})

test('who types is seen until they have written', async (t) => {
  const { network, ana, bia } = createTestPeople()
  ana.setTyping(bia.phone, true)
  await network.settled()
  t.same([...bia.typing], [ana.phone])
  await ana.write(bia.phone, { type: 'text', text: 'done' })
  await network.settled()
  t.same([...bia.typing], [])
})
