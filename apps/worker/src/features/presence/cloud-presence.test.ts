import { randomBytes } from 'node:crypto'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { connectCloud } from '@carteiro/domain/instances/connect-cloud'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { claimReadMarks } from '@carteiro/domain/presence/claim-read-marks'
import { takeTypingTurn } from '@carteiro/domain/presence/show-typing'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { markTicketRead } from '@carteiro/domain/tickets/mark-read'
import { createSeal } from '@carteiro/runtime/seal'
import { sql } from 'kysely'
import t from 'tap'
import { createGraphClient } from '../../graph/graph-client.ts'
import { answering, refusing, startGraphServer } from '../../testing/start-graph-server.ts'
import { markReadAtMeta } from './ask-meta.ts'
import { tellRead } from './tell-read.ts'

const domain = await startDomain(t)
const { db } = domain
const seal = createSeal(randomBytes(32))
const MESSAGES = '/v25.0/1001/messages'
await connectCloud(
  { ...domain, seal },
  {
    ...{ tenantId: 'acme', instanceId: 'sales', name: 'Sales', phoneNumberId: '1001', accessToken: 'token' },
    ...{ appSecret: 'secret', verifyToken: 'token', keepFormerSecret: true },
    ...{ actor: 'test', requestId: 'request-1' },
  },
)
const server = await startGraphServer(t)
const graph = createGraphClient({ baseUrl: server.url, version: 'v25.0' })
t.teardown(() => graph.close())
const dependencies = { db, seal, graph, broker: undefined }

let last = 0

/** A customer writes twice to the number. */
async function write() {
  const phone = `+55119${String(33370000 + ++last)}`
  const envelopes = [1, 2].map(() => messageEnvelope({ phone, instanceId: 'sales' }))
  const results = []
  for (const envelope of envelopes) {
    results.push(await commit(domain, (work) => saveMessage(work, envelope)))
  }
  const [result] = results
  if (result?.status !== 'saved') throw new Error('not saved')
  return { id: result.ticketId, newest: envelopes[1]?.providerMessageId ?? '' }
}

const claimOne = async () => {
  const [mark] = await claimReadMarks(db, { limit: 1, claimSeconds: 60 })
  if (!mark) throw new Error('nothing was claimed')
  return mark
}
const set = (broker: object) =>
  db
    .updateTable('instance')
    .set({ settings: JSON.stringify({ broker }) })
    .where('id', '=', 'sales')
    .execute()
const bodies = () => server.asked.map(({ body }) => JSON.parse(body))

t.test('Meta is told of the newest message that was read, by which it knows the others', async (t) => {
  const { id, newest } = await write()
  await markTicketRead(domain, { tenantId: 'acme', id })
  const mark = await claimOne()
  t.equal(mark.messageIds.length, 2)
  server.on(MESSAGES, answering(200, { success: true }))
  t.match(await tellRead(dependencies, mark), { outcome: 'told' })
  t.same(bodies(), [{ messaging_product: 'whatsapp', status: 'read', message_id: newest }])
  server.on(MESSAGES, refusing(429, 130_429))
  t.match(await tellRead(dependencies, mark), { outcome: 'later', code: 'RATE_LIMITED' })
  server.on(MESSAGES, refusing(400, 100))
  t.match(await tellRead(dependencies, mark), { outcome: 'dropped', code: 'INVALID_PAYLOAD' })
  t.match(await tellRead({ ...dependencies, seal: undefined }, mark), { code: 'NOT_CONFIGURED' })
})

t.test('a number without receipts has nothing to tell', async (t) => {
  await sql`delete from read_mark`.execute(db)
  await set({ readReceipts: false })
  const { id } = await write()
  await markTicketRead(domain, { tenantId: 'acme', id })
  t.same(await claimReadMarks(db, { limit: 1, claimSeconds: 60 }), [])
  await set({})
})

t.test('typing is shown by the customer\u2019s newest message, where the settings say so', async (t) => {
  const { id: ticketId, newest } = await write()
  const turn = () => takeTypingTurn(db, { tenantId: 'acme', ticketId })
  t.equal(await turn(), undefined, 'off unless it is said')
  await set({ typing: true, readReceipts: false })
  t.equal(await turn(), undefined, 'it would tell that the message was read')
  await set({ typing: true })
  t.match(await turn(), { transport: 'cloud', messageId: newest, instanceId: 'sales' })
  t.equal(await turn(), undefined, 'so often is enough')
  await sql`update typing_shown set shown_at = now() - interval '21 seconds'`.execute(db)
  t.match(await turn(), { messageId: newest })
  t.equal(await takeTypingTurn(db, { tenantId: 'other', ticketId }), undefined)
  server.on(MESSAGES, answering(200, { success: true }))
  const owner = { tenantId: 'acme', instanceId: 'sales' }
  t.match(await markReadAtMeta(dependencies, owner, { id: newest, typing: true }), { outcome: 'told' })
  t.match(bodies().at(-1), { status: 'read', message_id: newest, typing_indicator: { type: 'text' } })
})
