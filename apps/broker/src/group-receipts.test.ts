import t, { test } from 'tap'
import { call, startTestBroker } from './test-broker.ts'
import { ACCOUNT } from './test-linking.ts'

const MEMBER = '5511987650201'
const MESSAGES = 4

const broker = await startTestBroker(t)
await broker.connect('main')

interface Receipt {
  userJid?: string
  readTimestamp?: unknown
}

/** Receipts of members that the webhook was told of, by whose they are. */
const toldReceipts = (): Receipt[] =>
  broker.webhook.taken.flatMap(({ payload: { raw } }) =>
    (raw?.updates ?? []).flatMap(({ update }) => (update.receipt ? [update.receipt as Receipt] : [])),
  )

test('who read a message in a group is a member, never our own phone', async (t) => {
  const { url, server } = broker.simulator
  await call(`${url}/customers/${MEMBER}`, 'PATCH', { readAfterMs: 0 })
  const group = { subject: 'A group', creator: MEMBER, members: [ACCOUNT] }
  const { jid } = (await call<{ jid: string }>(`${url}/groups`, 'POST', group)).body
  for (let n = 1; n <= MESSAGES; n++) {
    const sent = await broker.ask('POST', '/instances/main/messages', { to: jid, message: `message ${n}` })
    t.match(sent, { status: 200, body: { status: 'sent' } })
  }
  const reads = () => toldReceipts().filter(({ readTimestamp }) => readTimestamp)
  await broker.webhook.until(() => reads().length >= MESSAGES)
  const lid = server.persons.find(MEMBER)?.lid
  t.ok(lid)
  t.same([...new Set(toldReceipts().map(({ userJid }) => userJid?.split(/[:@]/)[0]))], [lid])
})
