import {
  type BaileysEventMap,
  downloadAndProcessHistorySyncNotification,
  proto,
  type WAMessage,
  type WASocket,
} from '@whiskeysockets/baileys'
import { type Test, test } from 'tap'
import {
  linkDevice,
  openClient,
  type SocketOptions,
  type TestAuth,
  untilOpen,
} from '../linking/test-linked-device.ts'
import { startLinking } from '../linking/test-linking.ts'
import { createArrivals } from '../test-arrivals.ts'
import type { Phone } from './phone.ts'
import { createTestPeople } from './test-phones.ts'
import { ACCOUNT, CUSTOMER, shown, startTestWhatsApp } from './test-whatsapp.ts'

const OTHER = '5511988880002'
const jid = (phone: string) => `${phone}@s.whatsapp.net`
const { Status, StubType } = proto.WebMessageInfo

/** What a client is told, from its first moment on. */
function follow(socket: WASocket) {
  const sets = createArrivals<BaileysEventMap['messaging-history.set']>()
  const messages = createArrivals<WAMessage>()
  socket.ev.on('messaging-history.set', sets.add)
  socket.ev.on('messages.upsert', (upsert) => upsert.messages.forEach(messages.add))
  const isNotice = ({ message }: WAMessage) => message?.protocolMessage?.historySyncNotification != null
  return { socket, sets, messages, notices: () => messages.items.filter(isNotice) }
}

/** As Baileys reads it. */
const historyOf = ({ message }: WAMessage) =>
  downloadAndProcessHistorySyncNotification(message?.protocolMessage?.historySyncNotification ?? {}, {})

/** A WhatsApp whose phones are there before a client is linked. */
async function startPhones(t: Test) {
  const { url, server } = await startLinking(t)
  function phone(digits: string): Phone {
    const person = server.persons.named(digits)
    const device = person && server.persons.phoneOf(person)
    if (!device) throw new Error(`${digits} has no phone`)
    return device.phone
  }
  return {
    ...{ owner: phone(ACCOUNT), customer: phone(CUSTOMER), other: phone(OTHER) },
    /** Links a client by QR code and logs it in. */
    async link(options: SocketOptions = {}) {
      const { auth } = await linkDevice(url, server, ACCOUNT)
      return { auth, ...follow(openClient(url, auth, options)) }
    },
    again: (auth: TestAuth) => follow(openClient(url, auth)),
  }
}

test('a newly linked client that wants a history has the chats, names and messages of its phone', async (t) => {
  const { owner, customer, other, link } = await startPhones(t)
  for (let n = 1; n <= 7; n += 1) {
    await customer.write(ACCOUNT, { type: 'text', text: `text ${n}` }, { id: `C-${n}`, pushName: 'Ana' })
  }
  await shown(owner, ({ id }) => id === 'C-7')
  owner.read(CUSTOMER)
  await customer.write(ACCOUNT, { type: 'edit', message: { id: 'C-1' }, text: 'edited' })
  await customer.write(ACCOUNT, { type: 'revoke', message: { id: 'C-2' } })
  await shown(owner, ({ revoked }) => revoked)
  await owner.write(OTHER, { type: 'text', text: 'answer' }, { id: 'A-1' })
  await shown(owner, ({ receipts }) => receipts.length > 0)
  await other.write(ACCOUNT, { type: 'text', text: 'unread' }, { id: 'O-1', pushName: 'Bia' })
  await shown(owner, ({ id }) => id === 'O-1')

  const { sets } = await link({ shouldSyncHistoryMessage: () => true })
  const told = await sets.until(() => sets.items.flatMap(({ messages }) => messages).length === 9)
  await sets.until(() => sets.items.some(({ contacts }) => contacts.some(({ notify }) => notify === 'Ana')))
  const chats = told.flatMap((set) => set.chats)
  const chatOf = (phone: string) => chats.find(({ id }) => id === jid(phone))
  t.match(chatOf(CUSTOMER), { pnJid: jid(CUSTOMER), lidJid: `${customer.lid}@lid`, unreadCount: 0 })
  t.match(chatOf(OTHER), { unreadCount: 1 })
  const names = sets.items.flatMap(({ contacts }) => contacts).filter(({ notify }) => notify)
  t.same(
    names.map(({ id, notify }) => `${id} ${notify}`).toSorted(),
    [`${jid(CUSTOMER)} Ana`, `${jid(OTHER)} Bia`].toSorted(),
  )
  const found = (id: string) => told.flatMap(({ messages }) => messages).find(({ key }) => key.id === id)
  t.match(found('C-7'), {
    key: { remoteJid: jid(CUSTOMER), fromMe: false },
    message: { conversation: 'text 7' },
    pushName: 'Ana',
  })
  t.match(found('C-1')?.message, { conversation: 'edited' })
  t.match(found('C-2'), { message: null, messageStubType: StubType.REVOKE })
  t.match(found('A-1'), {
    key: { remoteJid: jid(OTHER), fromMe: true },
    message: { conversation: 'answer' },
    status: Status.DELIVERY_ACK,
  })
})

test('a client that wants no history is quiet, and none is told a second time', async (t) => {
  const { owner, customer, link, again } = await startPhones(t)
  await customer.write(ACCOUNT, { type: 'text', text: 'before' }, { id: 'C-1' })
  await shown(owner, ({ id }) => id === 'C-1')
  const first = await link()
  await first.messages.until(() => first.notices().length === 3)
  await customer.write(ACCOUNT, { type: 'text', text: 'after' }, { id: 'C-2' })
  await first.messages.until(({ key }) => key.id === 'C-2')
  t.same(first.sets.items, [])

  const second = again(first.auth)
  await untilOpen(second.socket)
  // It stands in the phone's line behind whatever the login made the phone tell.
  await owner.write(CUSTOMER, { type: 'text', text: 'later' }, { id: 'A-1' })
  await second.messages.until(({ key }) => key.id === 'A-1')
  t.same(second.notices(), [])
})

test('a client of a phone that shows nothing is told nothing, nor one that no phone has linked', async (t) => {
  const { owner, link } = await startPhones(t)
  const linked = await link()
  await untilOpen(linked.socket)
  await owner.write(CUSTOMER, { type: 'text', text: 'first' }, { id: 'A-1' })
  await linked.messages.until(({ key }) => key.id === 'A-1')
  t.same(linked.notices(), [])

  const whatsapp = await startTestWhatsApp(t)
  await whatsapp.customer.write(ACCOUNT, { type: 'text', text: 'before' }, { id: 'C-1' })
  await shown(whatsapp.owner, ({ id }) => id === 'C-1')
  const late = whatsapp.whatsapp.connect(await whatsapp.whatsapp.link(ACCOUNT))
  await late.opened
  await whatsapp.owner.write(CUSTOMER, { type: 'text', text: 'after' }, { id: 'A-1' })
  t.match(await late.messages.reached(1), [{ key: { id: 'A-1' } }])
})

test('a history has the last twenty messages of the last twenty chats', async (t) => {
  const { network, bia, phone, baileys } = createTestPeople()
  for (let n = 10; n <= 30; n += 1) {
    const writer = phone(`55119000001${n}`)
    for (let text = 1; text <= (n === 30 ? 21 : 1); text += 1) {
      await writer.write(bia.phone, { type: 'text', text: `${text} of ${n}` })
    }
    await network.settled()
  }
  const companion = baileys(bia, 1)
  await bia.tellHistory(1)
  await network.settled()
  const [first, names, recent, ...more] = await Promise.all(companion.messages.map(historyOf))
  t.same(more, [])
  t.equal(first?.chats.length, 20)
  t.equal(first?.chats[0]?.id, jid('5511900000130'))
  t.notOk(first?.chats.some(({ id }) => id === jid('5511900000110')))
  t.equal(names?.contacts.length, 21)
  const ofLast = [...(first?.messages ?? []), ...(recent?.messages ?? [])]
    .filter(({ key }) => key.remoteJid === jid('5511900000130'))
    .map(({ message }) => message?.conversation)
  t.same(
    ofLast,
    Array.from({ length: 20 }, (_, index) => `${21 - index} of 30`),
  )
})
