import t, { test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const WAITING = 40
const LATER = 20
const CUSTOMER = '5511987650101'
const MEMBER = '5511987650102'

const broker = await startTestBroker(t)
await broker.connect('main')

type Write = (id: string) => Promise<{ status: number }>

/** Writes one message after the other. @returns their ids, in order */
async function writeAll(write: Write, prefix: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `${prefix}-${n}`)
  for (const id of ids) t.equal((await write(id)).status, 202)
  return ids
}

const toldOf = (prefix: string): string[] =>
  broker.webhook.taken.flatMap(({ payload: { message } }) =>
    message?.id?.startsWith(prefix) ? [message.id] : [],
  )

/**
 * Some messages wait while the line is cut; others are written as soon as the first of them was told, when the rest
 * is still being worked on.
 *
 * @returns what was written, and what the webhook was told, in order
 */
async function writeWhileHandedOver(write: Write, prefix: string) {
  const { server } = broker.simulator
  server.cut()
  const waiting = await writeAll(write, prefix, WAITING)
  server.restore()
  await broker.webhook.until(() => toldOf(prefix).length > 0)
  const written = [...waiting, ...(await writeAll(write, `${prefix}-LATER`, LATER))]
  await broker.webhook.until(() => toldOf(prefix).length >= written.length)
  return { written, told: toldOf(prefix) }
}

test('what is written while earlier messages are handed over does not overtake them', async (t) => {
  const write = (id: string) => broker.customerWrites(CUSTOMER, { text: id, id })
  const { written, told } = await writeWhileHandedOver(write, 'CHAT')
  t.same(told, written)
})

test('nor in a group, where the first message brings the key of all behind it', async (t) => {
  const { url } = broker.simulator
  const { body } = await call<{ jid: string }>(`${url}/groups`, 'POST', {
    ...{ subject: 'A group', creator: MEMBER, members: [ACCOUNT] },
  })
  const write = (id: string) =>
    call(`${url}/customers/${MEMBER}/chats/${body.jid}/messages`, 'POST', { text: id, id })
  const { written, told } = await writeWhileHandedOver(write, 'GROUP')
  t.same(told, written)
})
