import { pino } from 'pino'
import { test } from 'tap'
import { quietLibsignal } from '../quiet-libsignal.ts'
import { createPhone } from './create-phone.ts'
import { createTestNetwork } from './test-network.ts'

quietLibsignal(pino({ level: 'silent' }))

function twoPhones() {
  const network = createTestNetwork()
  const phone = (digits: string) => {
    const person = network.person(digits)
    const made = createPhone({ person, pushName: `Name of ${digits}`, port: network.port(person) })
    network.connect(person, 0, made)
    return made
  }
  return { network, ana: phone('5511900000001'), bia: phone('5511900000002') }
}

test('what one person writes shows on the phone of the other', async (t) => {
  const { network, ana, bia } = twoPhones()
  const { id } = await ana.write(bia.phone, { type: 'text', text: 'Oi!' })
  await network.settled()
  await bia.write(ana.phone, { type: 'text', text: 'Oi, Ana' })
  await network.settled()
  t.match(bia.shown(), [
    {
      id,
      chat: ana.phone,
      from: ana.phone,
      content: { type: 'text', text: 'Oi!' },
      stanzas: 1,
      pushName: 'Name of 5511900000001',
    },
    { chat: ana.phone, from: bia.phone, content: { text: 'Oi, Ana' }, stanzas: 0 },
  ])
  t.match(ana.shown()[0]?.receipts, [{ from: bia.phone, kind: 'delivered' }])
  t.equal(ana.shown()[0]?.ack, 'taken')
})
