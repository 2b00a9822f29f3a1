import { test } from 'tap'
import type { ServerUnderTest, Start } from './test-server-under-test.ts'

export const ACCOUNT = '5511999990001'
export const CUSTOMER = '5511988880001'
export const chatOf = (phone: string) => `${phone}@s.whatsapp.net`

/** What every server that plays WhatsApp has to do: log a client in, and carry texts both ways. */
export function conformTexts(name: string, start: Start<ServerUnderTest>): void {
  test(`${name}: texts go both ways between a linked client and a customer`, async (t) => {
    const server = await start(t)
    const client = (await server.link(ACCOUNT))()
    await client.opened

    await server.write(CUSTOMER, ACCOUNT, { id: 'IN-1', text: 'Oi 👋', name: 'Ana' })
    const [message] = await client.messages.reached(1)
    t.match(message, {
      key: { id: 'IN-1', remoteJid: chatOf(CUSTOMER), fromMe: false },
      pushName: 'Ana',
      message: { conversation: 'Oi 👋' },
    })

    await client.text(chatOf(CUSTOMER), 'Bom dia, Ana', 'OUT-1')
    t.equal(await server.got(CUSTOMER, ACCOUNT, 'OUT-1'), 'Bom dia, Ana')
    t.same(await client.acks.reached(1), ['OUT-1'])
  })

  test(`${name}: what customers write while a client is away comes when it is back, in order`, async (t) => {
    const server = await start(t)
    const connect = await server.link(ACCOUNT)
    const client = connect()
    await client.opened
    await server.write(CUSTOMER, ACCOUNT, { id: 'IN-0', text: 'first', name: 'Ana' })
    await client.texts.reached(1)
    await client.goAway()
    await client.closed

    const ids = Array.from({ length: 5 }, (_, index) => `AWAY-${index}`)
    for (const id of ids) await server.write(CUSTOMER, ACCOUNT, { id, text: id, name: 'Ana' })
    const back = connect()
    t.same(
      (await back.texts.reached(ids.length)).map(({ id, text }) => [id, text]),
      ids.map((id) => [id, id]),
    )
  })
}
