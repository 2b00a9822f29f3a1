import { test } from 'tap'
import { createReceivedMessages } from './received-messages.ts'

const from = '5511999990000'

test('messages are listed as the wire brought them first, not as they were read', async (t) => {
  const received = createReceivedMessages(10)
  const [first, second] = ['1', '2'].map((id) => ({ phone: '5511888880001', from, id }))
  if (!first || !second) throw new Error('two addresses')
  received.stanza(first)
  received.stanza(second)
  received.accepted(second, 'second')
  received.stanza(first)
  received.accepted(first, 'first')
  received.accepted(first, 'never this')

  t.match(received.list('5511888880001'), [
    { id: '1', text: 'first', stanzas: 2 },
    { id: '2', text: 'second', stanzas: 1 },
  ])
})

test('a stanza that could not be read is no message on the phone', async (t) => {
  const received = createReceivedMessages(10)
  received.stanza({ phone: '5511888880001', from, id: '1' })
  t.same(received.list('5511888880001'), [])
})

test('one id from two accounts is two messages', async (t) => {
  const received = createReceivedMessages(10)
  for (const account of [from, '5511999990001']) {
    const of = { phone: '5511888880001', from: account, id: '1' }
    received.stanza(of)
    received.accepted(of, account)
  }
  t.same(
    received.list('5511888880001', '1').map((item) => [item.from, item.stanzas]),
    [
      [from, 1],
      ['5511999990001', 1],
    ],
  )
})

test('past the limit the oldest is forgotten, whichever phone has it', async (t) => {
  const received = createReceivedMessages(2)
  for (const phone of ['5511888880001', '5511888880002', '5511888880003']) {
    received.stanza({ phone, from, id: '1' })
    received.accepted({ phone, from, id: '1' }, 'text')
  }
  t.same(received.list('5511888880001'), [])
  t.equal(received.list('5511888880002').length, 1)
  t.equal(received.list('5511888880003').length, 1)
})
