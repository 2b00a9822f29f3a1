import type { StatusEnvelope } from '@carteiro/contracts/envelope'
import { sql } from 'kysely'
import t from 'tap'
import { purgeInbound } from '../envelopes/purge.ts'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { messageEnvelope, statusEnvelope } from '../testing/envelopes.ts'
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
const countOf = async (table: 'early_receipt' | 'message_receipt') =>
  (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db)).rows[0]?.n

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, lane, early_receipt, message_receipt cascade`.execute(db)
})

t.test('receipts that come before the send\u2019s answer are applied when it brings the id', async (t) => {
  const id = await enqueue()
  const delivery = await claimOne()
  t.match(await tell(id, 'DELIVERED', { details: { pricing: { billable: true } } }), { status: 'early' })
  t.match(await tell(id, 'READ'), { status: 'early' })
  await settle(domain, delivery, answer('sent', id))
  t.equal(await stateOf(id), 'READ')
  t.equal(await countOf('early_receipt'), 0)
  const kept = await db
    .selectFrom('message_receipt')
    .select('details')
    .where('status', '=', 'DELIVERED')
    .execute()
  t.same(kept, [{ details: { pricing: { billable: true } } }])
})

t.test('a receipt before a pending answer settles the message and frees its lane', async (t) => {
  const first = await enqueue()
  const second = await enqueue()
  const delivery = await claimOne()
  await tell(first, 'SENT')
  await settle(domain, delivery, answer('pending', first))
  t.equal(await stateOf(first), 'SENT')
  t.match(await claimAll(), [{ id: second }])
})

t.test('a receipt that belongs to nothing goes after a week', async (t) => {
  await receive({ providerMessageId: 'unknown', status: 'READ' })
  await purgeInbound(db)
  t.equal(await countOf('early_receipt'), 1)
  await sql`update early_receipt set received_at = now() - interval '8 days'`.execute(db)
  await purgeInbound(db)
  t.equal(await countOf('early_receipt'), 0)
})

t.test('a message that our own phone sent has receipts, too, even when they come first', async (t) => {
  const own = messageEnvelope({ direction: 'outbound', phone: '+5511911119999' })
  t.match(await receive({ providerMessageId: own.providerMessageId, status: 'DELIVERED' }), {
    status: 'early',
  })
  const saved = await commit(domain, (work) => saveMessage(work, own))
  const stateNow = async () =>
    (
      await db
        .selectFrom('message')
        .select('state')
        .where('provider_message_id', '=', own.providerMessageId)
        .executeTakeFirst()
    )?.state
  t.match(saved, { status: 'saved' })
  t.equal(await stateNow(), 'DELIVERED')
  await receive({ providerMessageId: own.providerMessageId, status: 'READ' })
  await receive({ providerMessageId: own.providerMessageId, status: 'SENT' })
  t.equal(await stateNow(), 'READ')
})

t.test(
  'the phone\u2019s copy of our own send is one message with it, whichever is stored first',
  async (t) => {
    const to = '+5511911118888'
    const copies = async (id: string) =>
      (
        await sql<{
          n: number
        }>`select count(*) as n from message where provider_message_id = ${waId(id)}`.execute(db)
      ).rows[0]?.n
    const copyOf = (id: string) =>
      messageEnvelope({ direction: 'outbound', phone: to, providerMessageId: waId(id) })

    const first = await enqueue({ to })
    const delivery = await claimOne()
    t.match(await commit(domain, (work) => saveMessage(work, copyOf(first))), { status: 'saved' })
    await tell(first, 'READ')
    await settle(domain, delivery, answer('sent', first))
    t.equal(await copies(first), 1)
    t.equal(await stateOf(first), 'READ', 'what was told of the copy is the send\u2019s')

    const second = await enqueue({ to })
    await settle(domain, await claimOne(), answer('pending', second))
    t.match(await commit(domain, (work) => saveMessage(work, copyOf(second))), { status: 'duplicate' })
  },
)
