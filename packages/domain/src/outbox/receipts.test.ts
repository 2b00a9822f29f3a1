import type { StatusEnvelope } from '@carteiro/contracts/envelope'
import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { catchUp } from '../envelopes/catch-up.ts'
import { commit } from '../events/unit-of-work.ts'
import { statusEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { type ClaimedDelivery, claim } from './claim.ts'
import { queueMessage } from './queue-message.ts'
import { readOutboundMessage } from './read.ts'
import { recordReceipt } from './receipts.ts'
import { type AttemptOutcome, settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain

const enqueue = async (fields: { to?: string; maxAttempts?: number } = {}): Promise<string> => {
  const result = await queueMessage(domain, {
    tenantId: 'acme',
    to: '+5511911110000',
    intent: { intent: 'text', text: 'Hello' },
    maxAttempts: 6,
    actor: 'test',
    requestId: 'request-1',
    ...fields,
  })
  if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
  return result.id
}

const claimAll = () =>
  claim(domain, { tenantId: 'acme', instanceId: 'acme-phone', limit: 50, claimSeconds: 60 })

async function claimOne(): Promise<ClaimedDelivery> {
  const [delivery, ...others] = await claimAll()
  if (!delivery || others.length > 0) throw new Error('expected one claim')
  return delivery
}

const waId = (id: string) => `3EB0-${id}`
const answer = (status: 'sent' | 'pending', id: string): AttemptOutcome => ({
  status,
  providerMessageId: waId(id),
  response: {},
})
const failure = (fault: 'unknown' | 'message', code = 'BROKEN'): AttemptOutcome => ({
  status: 'failed',
  fault,
  code,
  message: code,
})

const receive = (fields: Partial<StatusEnvelope> & Pick<StatusEnvelope, 'providerMessageId' | 'status'>) =>
  commit(domain, (work) => recordReceipt(work, statusEnvelope(fields)))
const tell = (id: string, status: StatusEnvelope['status'], fields: Partial<StatusEnvelope> = {}) =>
  receive({ providerMessageId: waId(id), status, ...fields })

const read = async (id: string) => readOutboundMessage(db, { tenantId: 'acme', id })
const stateOf = async (id: string) => {
  const message = await db.selectFrom('message').select('state').where('id', '=', id).executeTakeFirst()
  const delivery = await read(id)
  if (delivery?.status !== message?.state) throw new Error('message and delivery disagree')
  return delivery?.status
}
const statusEvents = async (id: string) => {
  const { rows } = await sql<{ status: string }>`
    select payload ->> 'status' as status from event where payload ->> 'messageId' = ${id} order by seq`.execute(
    db,
  )
  return rows.map(({ status }) => status)
}

async function sent(): Promise<string> {
  const id = await enqueue()
  const delivery = await claimOne()
  await settle(domain, delivery, answer('sent', id))
  return id
}

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, lane, early_receipt, message_receipt cascade`.execute(db)
})

t.test('receipts move a message forward, each told once, and never back', async (t) => {
  const id = await sent()
  t.match(await tell(id, 'DELIVERED'), { status: 'moved' })
  t.match(await tell(id, 'DELIVERED'), { status: 'unchanged' })
  t.match(await tell(id, 'READ'), { status: 'moved' })
  for (const late of ['SENT', 'DELIVERED', 'READ', 'FAILED'] as const)
    t.match(await tell(id, late), { status: 'unchanged' }, late)
  t.equal(await stateOf(id), 'READ')
  t.same(await statusEvents(id), ['SENDING', 'SENT', 'DELIVERED', 'READ'])
})

t.test('a message of ours is never taken for one that the phone wrote', async (t) => {
  const id = await sent()
  // As a receipt sees it that looks for the delivery just before the send's answer is committed.
  await sql`update delivery set provider_message_id = null where id = ${id}`.execute(db)
  t.match(await tell(id, 'DELIVERED'), { status: 'moved' })
  t.equal(await stateOf(id), 'DELIVERED')
})

t.test(
  'a receipt that comes while the send is answered moves delivery and message, or neither',
  async (t) => {
    for (let round = 0; round < 30; round++) {
      const id = await enqueue()
      const delivery = await claimOne()
      await Promise.all([settle(domain, delivery, answer('sent', id)), tell(id, 'DELIVERED')])
      await catchUp(domain)
      t.equal(await stateOf(id), 'DELIVERED')
    }
  },
)

t.test('a receipt that skips a rank is taken as it is', async (t) => {
  const id = await sent()
  await tell(id, 'READ')
  t.equal(await stateOf(id), 'READ')
})

t.test(
  'a receipt for a message that is still being sent settles it and lets the next one leave',
  async (t) => {
    const first = await enqueue()
    const second = await enqueue()
    const delivery = await claimOne()
    await settle(domain, delivery, answer('pending', first))
    t.same(await claimAll(), [], 'the next one waits')
    t.match(await tell(first, 'SENT'), { status: 'moved', released: true })
    t.equal(await stateOf(first), 'SENT')
    t.match(await claimAll(), [{ id: second }])
  },
)

t.test('a worker\u2019s answer after the receipt is stale and changes nothing', async (t) => {
  const id = await enqueue()
  const delivery = await claimOne()
  await receive({ providerMessageId: waId(id), status: 'DELIVERED', deliveryId: id })
  t.same(await settle(domain, delivery, failure('unknown')), { status: 'stale' })
  t.equal(await stateOf(id), 'DELIVERED')
  t.match((await read(id))?.attempts, [{ status: 'sent' }], 'no attempt stays open')
})

t.test('a receipt by our own id finds a message whose WhatsApp id is not known', async (t) => {
  const id = await enqueue()
  await settle(domain, await claimOne(), failure('unknown'))
  t.equal(await stateOf(id), 'QUEUED')
  await receive({ providerMessageId: 'wamid.1', status: 'SENT', deliveryId: id })
  t.match(await read(id), { status: 'SENT', providerMessageId: 'wamid.1' })
  t.same(await claimAll(), [], 'it is not sent again')
})

t.test('a message that failed because nobody knew is what its receipt says', async (t) => {
  const id = await enqueue({ maxAttempts: 1 })
  await settle(domain, await claimOne(), failure('unknown'))
  t.equal(await stateOf(id), 'FAILED')
  await receive({ providerMessageId: waId(id), status: 'DELIVERED', deliveryId: id })
  t.match(await read(id), { status: 'DELIVERED', errorCode: null })
})

t.test('a message that was refused for good stays failed', async (t) => {
  const id = await enqueue()
  const last = await enqueue({ maxAttempts: 1, to: '+5511911110077' })
  for (const delivery of await claimAll()) await settle(domain, delivery, failure('message'))
  await receive({ providerMessageId: waId(id), status: 'SENT', deliveryId: id })
  await receive({ providerMessageId: waId(last), status: 'SENT', deliveryId: last })
  t.same([await stateOf(id), await stateOf(last)], ['FAILED', 'FAILED'])
})

t.test('an error receipt is not undone by an older one that comes late', async (t) => {
  const id = await enqueue({ maxAttempts: 1 })
  await settle(domain, await claimOne(), answer('pending', id))
  await tell(id, 'FAILED', {
    error: { code: '131026', title: 'Undeliverable', message: null, details: null },
  })
  t.match(await tell(id, 'SENT'), { status: 'unchanged' })
  t.match(await read(id), { status: 'FAILED', errorCode: '131026', errorMessage: 'Undeliverable' })
})

t.test('an error receipt fails a message with its code and reason, and the next one leaves', async (t) => {
  const first = await enqueue()
  const second = await enqueue()
  await settle(domain, await claimOne(), answer('pending', first))
  const error = { code: '463', title: 'Restricted', message: null, details: 'No new chats' }
  await tell(first, 'FAILED', { error })
  t.match(await read(first), { status: 'FAILED', errorCode: '463', errorMessage: 'No new chats' })
  t.match(await claimAll(), [{ id: second }])
})

t.test('what one member of a group read is kept, and the message is not read by all', async (t) => {
  const id = await sent()
  await tell(id, 'READ', { participantJid: '5511911110001:3@s.whatsapp.net' })
  await tell(id, 'READ', { participantJid: '5511911110002@s.whatsapp.net' })
  t.equal(await stateOf(id), 'SENT')
  const kept = await db.selectFrom('message_receipt').select('participant').orderBy('participant').execute()
  t.same(
    kept.map(({ participant }) => participant),
    ['5511911110001@s.whatsapp.net', '5511911110002@s.whatsapp.net'],
  )
})

t.test(
  'twenty receipts at once for one message leave it at the highest rank, told once a rank',
  async (t) => {
    const id = await sent()
    const order = ['DELIVERED', 'READ', 'SENT', 'DELIVERED', 'READ'] as const
    await Promise.all(Array.from({ length: 20 }, (_, n) => tell(id, order[n % 5] ?? 'SENT')))
    t.equal(await stateOf(id), 'READ')
    const told = await statusEvents(id)
    t.same(told, [...new Set(told)])
  },
)

t.test('a receipt finds nothing of another tenant', async (t) => {
  const id = await sent()
  const other = { tenantId: 'other', instanceId: 'other-phone' }
  t.match(await tell(id, 'READ', { ...other, deliveryId: id }), { status: 'early' })
  t.match(await tell(id, 'READ', { ...other, providerMessageId: newId() }), { status: 'early' })
  t.equal(await stateOf(id), 'SENT')
})
