import { proto } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { createPhone } from '../phone/create-phone.ts'
import { formatAddress } from './address.ts'
import type { CreatePhone } from './persons.ts'
import { startTestServer } from './test-server.ts'

const ANA = '5511999990001'
const CUSTOMER = '5511888880001'
const jid = (phone: string) => `${phone}@s.whatsapp.net`
const { Status } = proto.WebMessageInfo

const withPhones: CreatePhone = (person, port) => createPhone({ person, port, pushName: person.pushName })

async function startWithPhones(t: Parameters<typeof startTestServer>[0]) {
  const whatsapp = await startTestServer(t, { createPhone: withPhones })
  const phone = (digits: string) => {
    const person = whatsapp.server.persons.named(digits)
    const device = person && whatsapp.server.persons.phoneOf(person)
    if (!device) throw new Error(`${digits} has no phone`)
    return device.phone
  }
  return { ...whatsapp, phone }
}

test('a client and a customer’s phone write to each other, and the ticks come back', async (t) => {
  const whatsapp = await startWithPhones(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const customer = whatsapp.phone(CUSTOMER)

  await ana.text(jid(CUSTOMER), 'Olá', 'A-1')
  await ana.updates.until(({ update }) => update.status === Status.DELIVERY_ACK)
  t.match(customer.shown(), [{ id: 'A-1', chat: ANA, content: { text: 'Olá' }, stanzas: 1 }])
  t.match(
    whatsapp.phone(ANA).shown(),
    [{ id: 'A-1', from: ANA, chat: CUSTOMER }],
    'and on the account’s own phone',
  )

  await customer.write(ANA, { type: 'text', text: 'Oi' }, { id: 'C-1', pushName: 'Ana Cliente' })
  t.same(await ana.texts.reached(1), [{ id: 'C-1', chat: jid(CUSTOMER), text: 'Oi' }])
  t.match(ana.messages.items, [
    { pushName: 'Ana Cliente', key: { remoteJidAlt: formatAddress(CUSTOMER, 'lid') } },
  ])

  customer.read(ANA)
  const updates = await ana.updates.until(({ update }) => update.status === Status.READ)
  t.match(updates.at(-1), { key: { id: 'A-1' } })
})

test('what is written to a phone that is offline is shown when it is back, in order', async (t) => {
  const whatsapp = await startWithPhones(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const customer = whatsapp.phone(CUSTOMER)
  customer.setOnline(false)
  const ids = Array.from({ length: 20 }, (_, index) => `A-${index}`)
  for (const id of ids) await ana.text(jid(CUSTOMER), id, id)
  await ana.acks.reached(ids.length)
  t.same(customer.shown(), [])

  customer.setOnline(true)

  const last = ids.at(-1)
  await ana.updates.until(({ key, update }) => key.id === last && update.status === Status.DELIVERY_ACK)
  t.same(
    customer.shown().map(({ id }) => id),
    ids,
  )
})

test('a customer who is written to by LID is the same as by phone', async (t) => {
  const whatsapp = await startWithPhones(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const customer = whatsapp.phone(CUSTOMER)

  await ana.text(formatAddress(CUSTOMER, 'lid'), 'by LID', 'A-1')
  await ana.text(jid(CUSTOMER), 'by phone', 'A-2')
  await ana.updates.until(({ key, update }) => key.id === 'A-2' && update.status === Status.DELIVERY_ACK)
  t.match(customer.shown({ chat: ANA }), [
    { id: 'A-1', chat: ANA },
    { id: 'A-2', chat: ANA },
  ])

  customer.configure({ addressing: 'lid' })
  await customer.write(ANA, { type: 'text', text: 'from my LID' }, { id: 'C-1' })
  const [message] = await ana.messages.reached(1)
  t.match(message?.key, { remoteJid: formatAddress(CUSTOMER, 'lid'), remoteJidAlt: jid(CUSTOMER) })
})

test('a phone that cannot open a message asks for it again, and shows it once', async (t) => {
  const whatsapp = await startWithPhones(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const customer = whatsapp.phone(CUSTOMER)
  await ana.text(jid(CUSTOMER), 'first', 'A-1')
  await ana.updates.until(({ update }) => update.status === Status.DELIVERY_ACK)

  customer.failToOpen(1)
  await ana.text(jid(CUSTOMER), 'again, please', 'A-2')

  await ana.updates.until(({ key, update }) => key.id === 'A-2' && update.status === Status.DELIVERY_ACK)
  t.match(customer.shown({ id: 'A-2' }), [{ content: { text: 'again, please' }, stanzas: 2 }])
})

test('nobody who is blocked reaches the phone', async (t) => {
  const whatsapp = await startWithPhones(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const customer = whatsapp.phone(CUSTOMER)
  customer.block(ANA)
  await ana.text(jid(CUSTOMER), 'hello?', 'A-1')
  await ana.acks.reached(1)
  customer.unblock(ANA)
  await ana.text(jid(CUSTOMER), 'hello again', 'A-2')
  await ana.updates.until(({ update }) => update.status === Status.DELIVERY_ACK)

  t.same(
    customer.shown().map(({ id }) => id),
    ['A-2'],
  )
})

test('a group of phones and a client reads what each of them writes', async (t) => {
  const whatsapp = await startWithPhones(t)
  const ana = whatsapp.connect(await whatsapp.link(ANA))
  await ana.opened
  const group = await ana.socket.groupCreate('Clientes', [jid(CUSTOMER), jid('5511888880002')])

  await ana.text(group.id, 'bem-vindos', 'G-1')
  await ana.receipts.reached(2)
  for (const digits of [CUSTOMER, '5511888880002', ANA]) {
    t.match(whatsapp.phone(digits).shown({ chat: group.id }), [{ id: 'G-1', from: ANA }], digits)
  }
  await whatsapp.phone(CUSTOMER).write(group.id, { type: 'text', text: 'obrigado' }, { id: 'G-2' })
  const texts = await ana.texts.until(({ text }) => text === 'obrigado')
  t.match(texts.at(-1), { id: 'G-2', chat: group.id })
})
