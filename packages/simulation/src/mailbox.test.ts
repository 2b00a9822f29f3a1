import { test } from 'tap'
import type { CustomerMessage } from './customer-message.ts'
import { createMailbox } from './mailbox.ts'

function message(id: string): CustomerMessage {
  return { id, from: '5511888880001', text: id, pushName: 'Ana', writtenAtSeconds: 1_700_000_000 }
}

test('what is written while no device is there waits, and goes out in order when one is', async (t) => {
  const wire: string[] = []
  const mailbox = createMailbox(async ({ id }) => wire.push(id) > 0, 10)

  t.equal(await mailbox.put(message('a')), 'queued')
  t.equal(await mailbox.put(message('b')), 'queued')
  mailbox.opened()
  t.equal(await mailbox.put(message('c')), 'delivered')

  t.same(wire, ['a', 'b', 'c'])
})

test('only what a device has not taken comes again', async (t) => {
  const wire: string[] = []
  const mailbox = createMailbox(async ({ id }) => wire.push(id) > 0, 10)
  mailbox.opened()
  for (const id of ['a', 'b', 'c']) await mailbox.put(message(id))
  mailbox.taken('b')
  mailbox.closed()

  mailbox.opened()
  await mailbox.put(message('d'))

  t.same(wire, ['a', 'b', 'c', 'a', 'c', 'd'])
})

test('a message whose connection is lost under it is queued, not lost', async (t) => {
  const lost = Promise.withResolvers<boolean>()
  const wire: string[] = []
  const deliveries = [() => lost.promise, async () => true, async () => true]
  const mailbox = createMailbox(({ id }) => {
    wire.push(id)
    return deliveries.shift()?.() ?? Promise.resolve(false)
  }, 10)
  mailbox.opened()

  const first = mailbox.put(message('a'))
  const second = mailbox.put(message('b'))
  mailbox.closed()
  lost.resolve(false)
  t.same(await Promise.all([first, second]), ['queued', 'queued'])

  mailbox.opened()
  await mailbox.put(message('c'))
  t.same(wire, ['a', 'a', 'b', 'c'])
})

test('a full mailbox says so and takes again when the device took something', async (t) => {
  const mailbox = createMailbox(async () => true, 2)
  t.equal(await mailbox.put(message('a')), 'queued')
  t.equal(await mailbox.put(message('b')), 'queued')
  t.equal(await mailbox.put(message('c')), 'full')
  t.equal(await mailbox.put(message('b')), 'queued', 'a message that waits already takes no more room')
  mailbox.taken('a')
  t.equal(await mailbox.put(message('c')), 'queued')
})
