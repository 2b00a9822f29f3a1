import { sql } from 'kysely'
import t from 'tap'
import { onlyOne, openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { readNextDue } from './due.ts'
import { expireOverdue } from './expire.ts'
import { settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll, read } = openOutbox(domain)
const instance = { tenantId: 'acme', instanceId: 'acme-phone' }

const inAnHour = () => new Date(Date.now() + 3_600_000)
/** Its hour has come. */
const arrive = (id: string) =>
  db
    .updateTable('delivery')
    .set({ scheduled_at: sql`now() - interval '1 second'` })
    .where('id', '=', id)
    .execute()
const end = (id: string) =>
  db
    .updateTable('delivery')
    .set({ expires_at: sql`now() - interval '1 second'` })
    .where('id', '=', id)
    .execute()

async function drain(): Promise<string[]> {
  const ids: string[] = []
  for (let claimed = await claimAll(); claimed.length > 0; claimed = await claimAll()) {
    for (const delivery of claimed) {
      ids.push(delivery.id)
      await settle(domain, delivery, sentOf(delivery))
    }
  }
  return ids
}

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane cascade`.execute(db)
})

t.test('a scheduled message does not leave before its time, and holds up nothing until then', async (t) => {
  const later = await enqueue({ text: 'later', scheduledAt: inAnHour() })
  const sooner = await enqueue({ text: 'sooner' })
  t.same(await drain(), [sooner])
  t.match(await read(later), { status: 'QUEUED', scheduledAt: String })
  await arrive(later)
  t.same(await drain(), [later])
})

t.test('a scheduled message enters its lane at its time: behind what was accepted before it', async (t) => {
  const scheduled = await enqueue({ scheduledAt: inAnHour() })
  const before = await enqueue()
  await arrive(scheduled)
  const after = await enqueue()
  t.same(await drain(), [before, scheduled, after])
})

t.test('two scheduled for different times leave in the order of their times', async (t) => {
  const second = await enqueue({ scheduledAt: new Date(Date.now() + 7_200_000) })
  const first = await enqueue({ scheduledAt: inAnHour() })
  await sql`update delivery set scheduled_at = scheduled_at - interval '3 hours'`.execute(db)
  t.same(await drain(), [first, second])
})

t.test('the next time to look is the scheduled one', async (t) => {
  t.equal(await readNextDue(db, instance), undefined)
  await enqueue({ scheduledAt: inAnHour() })
  const inMs = (await readNextDue(db, instance)) ?? 0
  t.ok(inMs > 3_590_000 && inMs <= 3_600_000, String(inMs))
})

t.test('what has not left by its end fails as EXPIRED, and the next one leaves', async (t) => {
  const late = await enqueue({ expiresAt: inAnHour() })
  const next = await enqueue()
  await end(late)
  t.same(await claimAll(), [])
  t.same(await drain(), [next])
  t.match(await read(late), {
    status: 'FAILED',
    errorCode: 'EXPIRED',
    attemptCount: 0,
    history: [{ status: 'QUEUED' }, { status: 'FAILED', reason: 'EXPIRED' }],
  })
})

t.test('an end is kept also where nothing is claimed, and before a scheduled time', async (t) => {
  const ids = [
    await enqueue({ expiresAt: inAnHour() }),
    await enqueue({ expiresAt: inAnHour(), scheduledAt: new Date(Date.now() + 1_800_000) }),
  ]
  const open = await enqueue()
  await db.updateTable('instance').set({ connected: false }).where('id', '=', 'acme-phone').execute()
  t.equal(await expireOverdue(domain), 0)
  for (const id of ids) await end(id)
  t.equal(await expireOverdue(domain), 2)
  for (const id of ids) t.match(await read(id), { status: 'FAILED', errorCode: 'EXPIRED' })
  await db.updateTable('instance').set({ connected: true }).where('id', '=', 'acme-phone').execute()
  t.same(await drain(), [open])
})

t.test('the end of a wait is looked at when it comes, not when the wait is over', async (t) => {
  await enqueue({ expiresAt: inAnHour() })
  const delivery = onlyOne(await claimAll())
  await settle(domain, delivery, {
    status: 'failed',
    fault: 'waiting',
    code: 'AWAY',
    message: 'away',
    retryAfterSeconds: 7_200,
  })
  const inMs = (await readNextDue(db, instance)) ?? 0
  t.ok(inMs <= 3_600_000, String(inMs))
})

t.test('the states of a message are told in their order, with their reasons', async (t) => {
  const id = await enqueue()
  await settle(domain, onlyOne(await claimAll()), {
    status: 'failed',
    fault: 'unknown',
    code: 'BROKER_TIMEOUT',
    message: 'no answer',
  })
  await sql`update delivery set next_attempt_at = null`.execute(db)
  await sql`update lane set ready_at = now()`.execute(db)
  await drain()
  const states = (await read(id))?.history.map(({ status, reason }) => [status, reason])
  t.same(states, [
    ['QUEUED', undefined],
    ['SENDING', undefined],
    ['QUEUED', 'BROKER_TIMEOUT'],
    ['SENDING', undefined],
    ['SENT', undefined],
  ])
})
