import { downloadMediaMessage, normalizeMessageContent, proto, type WAMessage } from '@whiskeysockets/baileys'
import { test } from 'tap'
import { SENT, WRITTEN } from '../phone/test-contents.ts'
import { shown } from '../phone/test-whatsapp.ts'
import { ACCOUNT, CUSTOMER, chatOf } from './test-conform-texts.ts'
import type { Client, Start, WholeServerUnderTest } from './test-server-under-test.ts'

const OTHER = '5511999990002'
const { Status } = proto.WebMessageInfo

/** What WhatsApp does beyond texts, with phones. */
export function conformWhole(name: string, start: Start<WholeServerUnderTest>): void {
  test(`${name}: every type goes both ways between a client and a customer’s phone`, async (t) => {
    const server = await start(t)
    const client = await openLinked(server, ACCOUNT)
    const customer = server.phone(CUSTOMER)
    for (const { name: type, content, found } of WRITTEN) {
      const { id } = await customer.write(ACCOUNT, content)
      const { message } = await arrived(client, id)
      t.ok(sameKind(message, found), `${type} comes`)
    }
    for (const { name: type, content, shown: expected } of SENT) {
      const sent = await client.socket.sendMessage(chatOf(CUSTOMER), content)
      const message = await shown(customer, ({ id }) => id === sent?.key.id)
      t.match(message, { from: ACCOUNT, content: expected, stanzas: 1 }, `${type} goes`)
    }
  })

  test(`${name}: two clients chat with every type, and files have the same bytes`, async (t) => {
    const server = await start(t)
    const [ana, beto] = [await openLinked(server, ACCOUNT), await openLinked(server, OTHER)]
    for (const [from, to, phone] of [
      [ana, beto, OTHER],
      [beto, ana, ACCOUNT],
    ] as const) {
      for (const { name: type, content } of SENT) {
        const sent = await from.socket.sendMessage(chatOf(phone), content)
        const message = await arrived(to, sent?.key.id ?? '')
        t.ok(sameKind(message.message, sent?.message ?? {}), `${type} to ${phone}`)
        const file = fileOf(content)
        if (!file) continue
        t.ok(file.equals(await downloadMediaMessage(message, 'buffer', server.download)), `bytes of ${type}`)
      }
    }
  })

  test(`${name}: a client learns that its message is there, read and played`, async (t) => {
    const server = await start(t)
    const client = await openLinked(server, ACCOUNT)
    const customer = server.phone(CUSTOMER)
    const voice = { audio: Buffer.from('voice'), ptt: true, seconds: 1 }
    const sent = await client.socket.sendMessage(chatOf(CUSTOMER), voice)
    const became = (status: number) => client.updates.until(({ update }) => update.status === status)
    await became(Status.DELIVERY_ACK)
    customer.read(ACCOUNT)
    await became(Status.READ)
    customer.play(ACCOUNT)
    await became(Status.PLAYED)
    t.ok(client.updates.items.every(({ key }) => key.id === sent?.key.id))
  })

  test(`${name}: a group carries texts between clients and phones, and says who read them`, async (t) => {
    const server = await start(t)
    const [ana, beto] = [await openLinked(server, ACCOUNT), await openLinked(server, OTHER)]
    const customer = server.phone(CUSTOMER)
    const group = await ana.socket.groupCreate('Família', [chatOf(OTHER), chatOf(CUSTOMER)])
    t.equal(group.size, 3)

    await ana.text(group.id, 'oi, gente', 'G-1')
    t.match((await arrived(beto, 'G-1')).key, { remoteJid: group.id })
    t.match(await shown(customer, ({ id }) => id === 'G-1'), { chat: group.id, from: ACCOUNT })
    customer.read(group.id)
    await ana.receipts.until(({ key, receipt }) => key.id === 'G-1' && receipt.readTimestamp !== undefined)

    await customer.write(group.id, { type: 'text', text: 'oi, Ana' }, { id: 'G-2' })
    for (const client of [ana, beto]) {
      t.match(await arrived(client, 'G-2'), { message: { conversation: 'oi, Ana' } })
    }
  })

  test(`${name}: what a client did not confirm comes again, and only that`, async (t) => {
    const server = await start(t)
    const connect = await server.link(ACCOUNT)
    const client = connect()
    await client.opened
    const customer = server.phone(CUSTOMER)
    const { id: confirmed } = await customer.write(ACCOUNT, { type: 'text', text: 'confirmed' })
    await shown(customer, ({ id, receipts }) => id === confirmed && receipts.some(({ device }) => device > 0))
    server.goSilent(ACCOUNT)
    await customer.write(ACCOUNT, { type: 'text', text: 'missed' }, { id: 'MISSED' })
    await client.goAway()
    await client.closed

    const back = connect()
    t.same(await back.offline.reached(1), [1])
    t.match(await back.texts.reached(1), [{ id: 'MISSED', text: 'missed' }])
  })
}

async function openLinked(server: WholeServerUnderTest, account: string): Promise<Client> {
  const client = (await server.link(account))()
  await client.opened
  return client
}

async function arrived({ messages }: Client, id: string): Promise<WAMessage> {
  const isIt = ({ key, message }: WAMessage) => key.id === id && Boolean(message)
  const found = (await messages.until(isIt)).find(isIt)
  if (!found) throw new Error(`${id} did not come`)
  return found
}

/** Whether both say the same kind of thing, as `imageMessage`. */
function sameKind(one: proto.IMessage | null | undefined, other: proto.IMessage): boolean {
  const kind = (message: proto.IMessage | null | undefined) =>
    Object.keys(normalizeMessageContent(message) ?? {}).find((key) => key !== 'messageContextInfo')
  return kind(one) === kind(other)
}

function fileOf(content: object): Buffer | undefined {
  return Object.values(content).find((value) => Buffer.isBuffer(value))
}
