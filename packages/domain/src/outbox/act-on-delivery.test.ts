import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { cancelDelivery } from './cancel-delivery.ts'
import { type ClaimedDelivery, claim } from './claim.ts'
import { expireOverdue } from './expire.ts'
import { queueMessage } from './queue-message.ts'
import { readOutboundMessage } from './read.ts'
import { applyReceipt } from './receipts.ts'
import { recoverStale } from './recover.ts'
import { retryDelivery } from './retry-delivery.ts'
import { type AttemptFailed, settle } from './settle.ts'

const domain = await startDomain(t)

const REFUSED: AttemptFailed = { status: 'failed', fault: 'message', code: 'INVALID_TO', message: 'nobody' }
const BROKEN: AttemptFailed = { status: 'failed', fault: 'channel', code: 'BROKER_ERROR', message: 'broken' }
const SILENT: AttemptFailed = { status: 'failed', fault: 'unknown', code: 'SEND_TIMEOUT', message: 'silent' }

async function enqueue(fields: Parameters<typeof outboundRequest>[0] = {}): Promise<string> {
  const result = await queueMessage(domain, outboundRequest(fields))
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

const act = (id: string) => ({ tenantId: 'acme', id, actor: 'key:ana', requestId: 'request-act' })
const retry = (id: string) => retryDelivery(domain, act(id))
const cancel = (id: string) => cancelDelivery(domain, act(id))
const read = (id: string) => readOutboundMessage(domain.db, { tenantId: 'acme', id })
const lastAttempt = (id: string) =>
  domain.db.updateTable('delivery').set({ attempts: 5 }).where('id', '=', id).execute()

/** Fails a message for good, by the last of its attempts. */
async function failing(failure: AttemptFailed): Promise<string> {
  const id = await enqueue()
  await lastAttempt(id)
  await settle(domain, await claimOne(), failure)
  return id
}

async function toldOf(id: string) {
  const audit = await domain.db
    .selectFrom('audit_entry')
    .select(['actor', 'action', 'details', 'request_id'])
    .where('entity_id', '=', id)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  const timeline = await domain.db
    .selectFrom('timeline_entry')
    .select(['type', 'details'])
    .where('message_id', '=', id)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  const event = await domain.db
    .selectFrom('event')
    .select(['type', 'payload'])
    .where(sql`payload ->> 'messageId'`, '=', id)
    .orderBy('seq', 'desc')
    .executeTakeFirst()
  return { audit, timeline, event }
}

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, lane cascade`.execute(domain.db)
})

t.test('a message that failed goes again at the end of its lane, with fresh attempts', async (t) => {
  const id = await failing(REFUSED)
  const behind = await enqueue({ text: 'behind' })
  t.same(await retry(id), { status: 'done' })
  t.match(await read(id), { status: 'QUEUED', attemptCount: 0, errorCode: null, nextAttemptAt: null })
  const first = await claimOne()
  t.equal(first.id, behind, 'what was accepted before the retry leaves before it')
  await settle(domain, first, { status: 'sent', providerMessageId: '3EB0-behind', response: {} })
  t.match(await claimOne(), { id, attempt: 1 })
})

t.test('the attempts that failed stay on record beside the new ones', async (t) => {
  const id = await failing(REFUSED)
  await retry(id)
  await settle(domain, await claimOne(), { status: 'sent', providerMessageId: '3EB0-again', response: {} })
  t.match(await read(id), {
    status: 'SENT',
    attempts: [
      { attemptNo: 6, status: 'failed', errorCode: 'INVALID_TO' },
      { attemptNo: 1, status: 'sent' },
    ],
  })
})

t.test('a retry is told as an event, in the timeline and in the audit trail, with who asked', async (t) => {
  const id = await failing(REFUSED)
  await retry(id)
  const details = { status: 'QUEUED', retriedAfter: 'INVALID_TO' }
  t.match(await toldOf(id), {
    audit: { actor: 'key:ana', action: 'UPDATED', details, request_id: 'request-act' },
    timeline: { type: 'MESSAGE_STATUS_UPDATE', details: { ...details, reason: 'nobody' } },
    event: { type: 'message.status.changed', payload: { status: 'QUEUED' } },
  })
})

t.test('after a definite failure it is another message to WhatsApp, else it keeps its key', async (t) => {
  const key = async (id: string) => {
    t.same(await retry(id), { status: 'done' })
    return (await claimOne()).keyGeneration
  }
  const table: [what: string, AttemptFailed, keyGeneration: number][] = [
    ['refused', REFUSED, 1],
    ['never handed over', BROKEN, 1],
    ['handed over, and no answer', SILENT, 0],
  ]
  for (const [what, failure, keyGeneration] of table) {
    t.equal(await key(await failing(failure)), keyGeneration, what)
    await sql`truncate delivery, delivery_attempt, lane cascade`.execute(domain.db)
  }
})

t.test('an attempt without an answer keeps the key, whatever failed after it', async (t) => {
  const id = await enqueue()
  await domain.db.updateTable('delivery').set({ attempts: 4 }).where('id', '=', id).execute()
  await settle(domain, await claimOne(), SILENT)
  await sql`update delivery set next_attempt_at = null`.execute(domain.db)
  await sql`update lane set ready_at = now()`.execute(domain.db)
  await settle(domain, await claimOne(), BROKEN)
  await retry(id)
  t.match(await claimOne(), { keyGeneration: 0, generation: 1 })
})

t.test(
  'a message whose worker died at the last attempt keeps its key, through two retries of it',
  async (t) => {
    const id = await enqueue()
    for (let round = 0; round < 3; round++) {
      await lastAttempt(id)
      t.equal((await claimOne()).keyGeneration, 0)
      await sql`update delivery set claimed_until = now() - interval '1 second'`.execute(domain.db)
      await recoverStale(domain)
      t.match(await read(id), { status: 'FAILED', errorCode: 'OUTCOME_UNKNOWN' })
      await retry(id)
    }
    const attempts = (await read(id))?.attempts ?? []
    t.same(
      attempts.map(({ attemptNo, status }) => [attemptNo, status]),
      Array(3).fill([6, 'abandoned']),
      'each round has attempts of its own',
    )
  },
)

t.test('what WhatsApp tells late of the id that failed does not touch the retried message', async (t) => {
  const id = await enqueue()
  await settle(domain, await claimOne(), {
    status: 'sent',
    providerMessageId: '3EB0-refused',
    response: {},
  })
  const refusal = {
    tenantId: 'acme',
    instanceId: 'acme-phone',
    providerMessageId: '3EB0-refused',
    status: 'FAILED' as const,
    participant: '',
    error: { code: '131026', title: null, message: 'undeliverable', details: null },
    details: {},
    occurredAt: new Date(),
  }
  await commit(domain, (work) => applyReceipt(work, { deliveryId: id }, refusal))
  t.match(await read(id), { status: 'FAILED', errorCode: '131026' })
  await retry(id)
  t.match(await read(id), { status: 'QUEUED', providerMessageId: null })
  const message = await domain.db
    .selectFrom('message')
    .select(['state', 'provider_message_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  t.same(message, { state: 'QUEUED', provider_message_id: null })
  t.equal((await claimOne()).keyGeneration, 1)
})

t.test('what may have left is neither cancelled nor called EXPIRED', async (t) => {
  const id = await enqueue()
  await settle(domain, await claimOne(), SILENT)
  t.same(await cancel(id), { status: 'impossible', state: 'QUEUED' })
  await sql`update delivery set expires_at = now() - interval '1 second'`.execute(domain.db)
  t.equal(await expireOverdue(domain), 1)
  t.match(await read(id), { status: 'FAILED', errorCode: 'OUTCOME_UNKNOWN' })
})

t.test('a claim that comes after the end calls what may have left OUTCOME_UNKNOWN', async (t) => {
  const id = await enqueue()
  await claimOne()
  await sql`update delivery set claimed_until = now() - interval '1 second'`.execute(domain.db)
  await recoverStale(domain)
  await sql`update delivery set expires_at = now() - interval '1 second'`.execute(domain.db)
  t.same(await claimAll(), [])
  t.match(await read(id), { status: 'FAILED', errorCode: 'OUTCOME_UNKNOWN' })
})

t.test('only what failed can be tried again, and only what waits can be cancelled', async (t) => {
  const id = await enqueue()
  t.same(await retry(id), { status: 'impossible', state: 'QUEUED' })
  const delivery = await claimOne()
  t.same(await cancel(id), { status: 'impossible', state: 'SENDING' })
  await settle(domain, delivery, { status: 'sent', providerMessageId: '3EB0-sent', response: {} })
  t.same(await cancel(id), { status: 'impossible', state: 'SENT' })
  t.same(await retry(id), { status: 'impossible', state: 'SENT' })
})

t.test('a message whose time was over leaves when somebody retries it', async (t) => {
  const id = await enqueue({ expiresAt: new Date(Date.now() + 3_600_000) })
  await sql`update delivery set expires_at = now() where id = ${id}`.execute(domain.db)
  t.same(await claimAll(), [])
  t.match(await read(id), { status: 'FAILED', errorCode: 'EXPIRED' })
  t.same(await retry(id), { status: 'done' })
  t.match(await claimOne(), { id, attempt: 1 })
})

t.test('a message that is scheduled for later can be cancelled', async (t) => {
  const id = await enqueue({ scheduledAt: new Date(Date.now() + 3_600_000) })
  t.same(await cancel(id), { status: 'done' })
  t.match(await read(id), { status: 'CANCELLED', history: [{ status: 'QUEUED' }, { status: 'CANCELLED' }] })
})

t.test('another tenant\u2019s message is not there', async (t) => {
  const id = await failing(REFUSED)
  t.same(await retryDelivery(domain, { ...act(id), tenantId: 'other' }), { status: 'not_found' })
  t.same(await cancelDelivery(domain, { ...act(id), tenantId: 'other' }), { status: 'not_found' })
  t.match(await read(id), { status: 'FAILED' })
})

t.test('a cancelled message never leaves, and what is behind it goes at once', async (t) => {
  const head = await enqueue()
  const behind = await enqueue({ text: 'behind' })
  await settle(domain, await claimOne(), BROKEN)
  t.same(await claimAll(), [], 'the head waits for its next attempt, and the other one behind it')
  t.same(await cancel(head), { status: 'done' })
  t.match(await toldOf(head), {
    audit: { actor: 'key:ana', action: 'CANCELLED', details: { status: 'CANCELLED' } },
    timeline: { type: 'MESSAGE_STATUS_UPDATE', details: { status: 'CANCELLED' } },
    event: { type: 'message.status.changed', payload: { status: 'CANCELLED' } },
  })
  t.equal((await claimOne()).id, behind)
  t.match(await read(head), { status: 'CANCELLED' })
})

t.test('cancelled and claimed at once, a message has one fate', async (t) => {
  for (let round = 0; round < 20; round++) {
    const id = await enqueue({ to: `+55119111100${round + 10}` })
    const [cancelled, claimed] = await Promise.all([cancel(id), claimAll()])
    if (cancelled.status === 'done') {
      t.same(claimed, [])
      t.same(await claimAll(), [])
      t.match(await read(id), { status: 'CANCELLED', attempts: [] })
    } else {
      t.same(cancelled, { status: 'impossible', state: 'SENDING' })
      t.match(claimed, [{ id }])
    }
  }
})

t.test('ten retries at once are one', async (t) => {
  const id = await failing(REFUSED)
  const results = await Promise.all(Array.from({ length: 10 }, () => retry(id)))
  t.equal(results.filter(({ status }) => status === 'done').length, 1)
  t.equal((await claimOne()).keyGeneration, 1)
})
