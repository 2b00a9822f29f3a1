import type { BinaryNode } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createMailbox } from './mailbox.ts'
import { node } from './nodes.ts'

const FROM = '5511888880001@s.whatsapp.net'
const message = (id: string, from = FROM) => node('message', { id, from })

/** A connection that keeps what it was sent, and is told when all that waited was. */
function open(mailbox: ReturnType<typeof createMailbox>) {
  const sent: [id: string | undefined, offline: number | undefined][] = []
  const drained = Promise.withResolvers<number>()
  mailbox.open((stanza: BinaryNode, offline) => sent.push([stanza.attrs.id, offline]), drained.resolve)
  return { sent, drained: drained.promise }
}

test('what waited goes out in order with its position, what comes later without', async (t) => {
  const mailbox = createMailbox(10)
  mailbox.put(message('a'))
  mailbox.put(message('b'))
  const { sent, drained } = open(mailbox)
  t.equal(await drained, 2)
  mailbox.put(message('c'))
  t.same(sent, [
    ['a', 1],
    ['b', 2],
    ['c', undefined],
  ])
})

test('what comes while a long queue goes out does not overtake it', async (t) => {
  const mailbox = createMailbox(1_000)
  for (let n = 0; n < 250; n++) mailbox.put(message(`m${n}`))
  const { sent, drained } = open(mailbox)
  t.ok(sent.length < 250, 'it goes out in several turns')
  mailbox.put(message('late'))
  t.equal(await drained, 250)
  await new Promise(setImmediate)
  t.equal(sent.at(-1)?.[0], 'late')
  t.equal(sent.length, 251)
})

test('what is confirmed while it waits for its turn does not go out', async (t) => {
  const mailbox = createMailbox(1_000)
  for (let n = 0; n < 150; n++) mailbox.put(message(`m${n}`))
  const { sent, drained } = open(mailbox)
  t.ok(mailbox.taken('message', { id: 'm149', to: FROM }))
  await drained
  t.equal(sent.length, 149)
})

test('a confirmation is of one stanza: its id, its kind and its chat', async (t) => {
  const other = '5511888880002@s.whatsapp.net'
  const mailbox = createMailbox(10)
  mailbox.put(message('a'))
  mailbox.put(message('a', other))
  mailbox.put(node('receipt', { id: 'a', from: FROM }))

  t.match(mailbox.taken('message', { id: 'a', to: other }), { attrs: { from: other } })
  t.equal(mailbox.taken('message', { id: 'a', to: other }), undefined)
  t.equal(mailbox.taken('message', { id: 'b', to: FROM }), undefined)
  t.match(mailbox.taken('receipt', { id: 'a', to: FROM }), { tag: 'receipt' })
  t.match(mailbox.taken('message', { id: 'a', to: '5511888880001:3@s.whatsapp.net' }), {
    attrs: { from: FROM },
  })
  t.equal(mailbox.size, 0)
})

test('what is lost with a connection goes out again with the next, and a full mailbox says so', async (t) => {
  const mailbox = createMailbox(2)
  t.ok(mailbox.put(message('a')))
  await open(mailbox).drained
  t.ok(mailbox.put(message('b')))
  t.notOk(mailbox.put(message('c')))
  mailbox.close()

  const { sent, drained } = open(mailbox)
  t.equal(await drained, 2)
  t.same(
    sent.map(([id]) => id),
    ['a', 'b'],
  )
  mailbox.taken('message', { id: 'a', to: FROM })
  t.ok(mailbox.put(message('c')))
})
