import { generateWAMessage, normalizeMessageContent, proto } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { SILENT_LOGGER } from './silent-logger.ts'
import { SENT, WRITTEN } from './test-contents.ts'
import { ACCOUNT, CUSTOMER, shown, startTestWhatsApp } from './test-whatsapp.ts'

const CHAT = `${CUSTOMER}@s.whatsapp.net`
const { Status } = proto.WebMessageInfo

test('whatever a customer writes reaches real Baileys, opened', async (t) => {
  const { account, customer, owner } = await startTestWhatsApp(t)
  for (const [index, { name, content, found }] of WRITTEN.entries()) {
    const { id } = await customer.write(ACCOUNT, content)
    const received = (await account.messages.reached(index + 1))[index]
    t.match(received?.key, { id, remoteJid: CHAT, fromMe: false }, name)
    const { mediaKey: _, directPath: __, ...expected } = { directPath: '', mediaKey: '', ...found }
    t.match(normalizeMessageContent(received?.message), expected, name)
    t.match(received?.pushName, 'Customer 0001')
    const { content: read } = await shown(owner, (message) => message.id === id)
    t.same(read, customer.shown({ id })[0]?.content, name)
  }
})

test('whatever real Baileys sends shows on the customer’s phone and on the account’s own', async (t) => {
  const { account, customer, owner } = await startTestWhatsApp(t)
  for (const { name, content, shown: expected } of SENT) {
    const { key, message } = await generateWAMessage(CHAT, content, {
      userJid: `${ACCOUNT}@s.whatsapp.net`,
      logger: SILENT_LOGGER,
      upload: async () => ({ mediaUrl: 'https://media.example/file', directPath: '/file' }),
    })
    await account.socket.relayMessage(CHAT, message ?? {}, { messageId: key.id ?? '' })
    const at = await shown(customer, ({ id }) => id === key.id)
    t.match(at, { chat: ACCOUNT, from: ACCOUNT, stanzas: 1, content: expected }, name)
    const own = await shown(owner, ({ id }) => id === key.id)
    t.match(own, { chat: CUSTOMER, from: ACCOUNT, stanzas: 1, content: expected }, name)
  }
})

test('Baileys learns when a customer has, reads and plays a message', async (t) => {
  const { account, customer } = await startTestWhatsApp(t)
  const { message } = await generateWAMessage(
    CHAT,
    { audio: Buffer.from('x'), ptt: true, seconds: 1 },
    {
      userJid: `${ACCOUNT}@s.whatsapp.net`,
      logger: SILENT_LOGGER,
      upload: async () => ({ mediaUrl: 'https://media.example/file', directPath: '/file' }),
    },
  )
  await account.socket.relayMessage(CHAT, message ?? {}, { messageId: 'V-1' })
  await shown(customer, ({ id }) => id === 'V-1')
  const became = (status: number) => account.updates.until(({ update }) => update.status === status)
  await became(Status.DELIVERY_ACK)
  customer.read(ACCOUNT)
  await became(Status.READ)
  customer.play(ACCOUNT)
  await became(Status.PLAYED)
  t.same(
    account.updates.items.map(({ key, update }) => [key.id, key.remoteJid, key.fromMe, update.status]),
    [Status.DELIVERY_ACK, Status.READ, Status.PLAYED].map((status) => ['V-1', CHAT, true, status]),
  )
})

test('a customer sees that Baileys has a message, and that it was read there', async (t) => {
  const { account, customer } = await startTestWhatsApp(t)
  const { id } = await customer.write(ACCOUNT, { type: 'text', text: 'Oi' })
  const [message] = await account.messages.reached(1)
  await account.socket.readMessages([message?.key ?? {}])
  const { receipts } = await shown(customer, (one) => one.receipts.some(({ kind }) => kind === 'read'))
  t.match(
    receipts.filter(({ device }) => device === 1),
    [
      { from: ACCOUNT, kind: 'delivered' },
      { from: ACCOUNT, kind: 'read' },
    ],
  )
  t.equal(customer.shown({ id })[0]?.ack, 'taken')
})

test('what a customer’s phone could not open Baileys writes again, and it shows once', async (t) => {
  const { account, customer } = await startTestWhatsApp(t)
  customer.failToOpen(2)
  await account.text(CHAT, 'again?', 'A-1')
  t.match(await shown(customer, ({ id }) => id === 'A-1'), { content: { text: 'again?' }, stanzas: 3 })
  await account.text(CHAT, 'fine', 'A-2')
  t.match(await shown(customer, ({ id }) => id === 'A-2'), { content: { text: 'fine' }, stanzas: 1 })
  t.equal(customer.shown().length, 2)
})

test('what Baileys could not open the customer’s phone writes again', async (t) => {
  const { whatsapp, account, customer } = await startTestWhatsApp(t)
  await customer.write(ACCOUNT, { type: 'text', text: 'one' })
  await account.messages.reached(1)
  await account.text(CHAT, 'two', 'A-1')
  await shown(customer, ({ id }) => id === 'A-1')
  await customer.write(ACCOUNT, { type: 'text', text: 'three' })
  await account.messages.reached(2)
  const lost = [CHAT, ...whatsapp.lidsOf(CUSTOMER)]
  await account.socket.signalRepository.deleteSession(lost)
  const { id } = await customer.write(ACCOUNT, { type: 'text', text: 'four' })
  const texts = await account.texts.until((text) => text.id === id && text.text !== '')
  t.match(texts.at(-1), { id, text: 'four' })
})

test('Baileys is told of edits, reactions, revocations and votes as of a phone', async (t) => {
  const { account, customer, owner } = await startTestWhatsApp(t)
  const reactions: unknown[] = []
  account.socket.ev.on('messages.reaction', (events) => reactions.push(...events))
  const { id } = await customer.write(ACCOUNT, { type: 'text', text: 'Oí' })
  await customer.write(ACCOUNT, { type: 'edit', message: { id }, text: 'Oi' })
  await account.text(CHAT, 'Olá', 'A-1')
  await shown(customer, (message) => message.id === 'A-1')
  await customer.write(ACCOUNT, { type: 'reaction', message: { id: 'A-1' }, emoji: '👍' })
  await customer.write(ACCOUNT, { type: 'revoke', message: { id } })
  const updates = await account.updates.until(({ key, update }) => key.id === id && update.message === null)
  t.match(
    updates.filter(({ key }) => key.id === id),
    [
      { update: { message: { editedMessage: { message: { conversation: 'Oi' } } } } },
      { update: { message: null } },
    ],
  )
  t.match(reactions, [{ key: { id: 'A-1', fromMe: true }, reaction: { text: '👍' } }])
  await shown(owner, ({ revoked }) => revoked)
  t.match(owner.shown(), [
    { id, revoked: true },
    { id: 'A-1', reactions: [{ from: CUSTOMER, emoji: '👍' }] },
  ])
})

test('a phone that was offline has everything when it is back, in order', async (t) => {
  const { account, customer } = await startTestWhatsApp(t)
  await account.text(CHAT, 'one', 'A-1')
  await shown(customer, ({ id }) => id === 'A-1')
  customer.setOnline(false)
  await account.text(CHAT, 'two', 'A-2')
  await account.text(CHAT, 'three', 'A-3')
  await account.acks.reached(3)
  t.equal(customer.shown().length, 1)
  customer.setOnline(true)
  await shown(customer, ({ id }) => id === 'A-3')
  t.same(
    customer.shown().map(({ content }) => content.text),
    ['one', 'two', 'three'],
  )
})

test('a group of phones and a client of real Baileys reads itself, also after somebody left', async (t) => {
  const { whatsapp, account, customer, owner, phone } = await startTestWhatsApp(t)
  const other = phone('5511988880002')
  const created = await account.socket.groupCreate('Turma', [CHAT, '5511988880002@s.whatsapp.net'])
  const group = created.id
  await account.text(group, 'from Baileys', 'A-1')
  await shown(other, ({ id }) => id === 'A-1')
  await customer.write(group, { type: 'text', text: 'from the customer' }, { id: 'C-1' })
  await account.messages.until(({ key }) => key.id === 'C-1')
  await account.socket.groupParticipantsUpdate(group, ['5511988880002@s.whatsapp.net'], 'remove')
  await customer.write(group, { type: 'text', text: 'he left' }, { id: 'C-2' })
  await account.messages.until(({ key }) => key.id === 'C-2')
  await account.text(group, 'so he did', 'A-2')
  await shown(customer, ({ id }) => id === 'A-2')
  await shown(owner, ({ id }) => id === 'A-2')
  t.match(
    account.messages.items.filter(({ key }) => key.id?.startsWith('C-')),
    [
      { key: { remoteJid: group, fromMe: false }, message: { conversation: 'from the customer' } },
      { message: { conversation: 'he left' } },
    ],
  )
  for (const reader of [customer, owner]) {
    t.same(
      reader.shown({ chat: group }).map(({ from, content }) => [from, content.text]),
      [
        [ACCOUNT, 'from Baileys'],
        [CUSTOMER, 'from the customer'],
        [CUSTOMER, 'he left'],
        [ACCOUNT, 'so he did'],
      ],
    )
  }
  t.same(
    other.shown({ chat: group }).map(({ content }) => content.text),
    ['from Baileys', 'from the customer'],
  )
  t.ok(whatsapp.server.groups.find(group))
})
