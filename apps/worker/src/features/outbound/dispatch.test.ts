import type { ClaimedDelivery } from '@carteiro/domain/outbox/claim'
import { queueMessage } from '@carteiro/domain/outbox/queue-message'
import type { AttemptOutcome } from '@carteiro/domain/outbox/settle'
import { outboundRequest } from '@carteiro/domain/testing/outbound-request'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createRegistry } from '@carteiro/runtime/metrics'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { createReport } from '../../report.ts'
import { createDispatcher } from './dispatch.ts'

const domain = await startDomain(t)
const { db } = domain
const acme = { tenantId: 'acme', instanceId: 'acme-phone' }
const other = { tenantId: 'other', instanceId: 'other-phone' }

const sent = ({ id }: ClaimedDelivery): AttemptOutcome => ({
  status: 'sent',
  providerMessageId: `3EB0-${id}`,
  response: {},
})

/** A dispatcher with a channel of the test's; `attempts(n)` is when so many have been recorded. */
function startDispatcher(t: Test, send: (delivery: ClaimedDelivery) => Promise<AttemptOutcome>, batch = 50) {
  const lifecycle = createLifecycle(domain.logger)
  const report = createReport(createRegistry(), domain.logger)
  const recorded: string[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const dispatcher = createDispatcher({
    ...domain,
    lifecycle,
    send,
    config: { OUTBOX_BATCH_SIZE: batch, OUTBOX_CLAIM_SECONDS: 60 },
    report: {
      ...report,
      attempted: (delivery) => {
        recorded.push(delivery.id)
        for (const one of waiting) if (recorded.length >= one.count) one.resolve()
      },
    },
  })
  lifecycle.onStop('dispatcher', dispatcher.stop)
  t.teardown(lifecycle.stop)
  const attempts = (count: number) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push({ count, resolve })
    if (recorded.length >= count) resolve()
    return promise
  }
  return { dispatcher, attempts, recorded, stop: lifecycle.stop }
}

async function enqueue(fields: Parameters<typeof outboundRequest>[0] = {}): Promise<string> {
  const result = await queueMessage(domain, outboundRequest(fields))
  if (result.status !== 'queued') throw new Error(`not queued: ${result.status}`)
  return result.id
}

/** Copies one waiting message into as many lanes. */
const multiply = async (id: string, count: number) => {
  await sql`
    with copies as (
      insert into delivery (tenant_id, id, instance_id, contact_id, ticket_id, recipient, intent, payload, lane, payload_hash)
      select tenant_id, gen_random_uuid(), instance_id, contact_id, ticket_id, recipient, intent, payload, lane || n, payload_hash
      from delivery, generate_series(1, ${count}) n where id = ${id}
      returning tenant_id, instance_id, lane
    )
    insert into lane (tenant_id, instance_id, lane, ready_at) select tenant_id, instance_id, lane, now() from copies`.execute(
    db,
  )
}

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_pace cascade`.execute(db)
  await db.updateTable('instance').set({ settings: '{}' }).execute()
})

t.test('twenty thousand messages of one instance do not delay the first one of another', async (t) => {
  await multiply(await enqueue(), 20_000)
  const { promise: stuck, resolve: release } = Promise.withResolvers<void>()
  let calls = 0
  const { promise: left, resolve } = Promise.withResolvers<number>()
  const { dispatcher } = startDispatcher(t, async (delivery) => {
    calls++
    if (delivery.tenantId === 'other') resolve(calls)
    else await stuck
    return sent(delivery)
  })
  dispatcher.wake(acme)
  await enqueue(other)
  dispatcher.wake(other)
  t.ok((await left) <= 51, 'one round of the busy instance may be before it, and no more')
  await sql`delete from lane where tenant_id = 'acme'`.execute(db)
  release()
})

t.test('what waits for the pace leaves by the dispatcher\u2019s own timer, one after another', async (t) => {
  const pace = { perMinute: 6_000, burst: 1 }
  await db
    .updateTable('instance')
    .set({ settings: JSON.stringify({ pace }) })
    .where('id', '=', 'acme-phone')
    .execute()
  for (let n = 0; n < 8; n++) await enqueue({ to: `+551191111001${n}` })
  const { dispatcher, attempts } = startDispatcher(t, async (delivery) => sent(delivery))
  dispatcher.wake(acme)
  await attempts(8)
  const { rows } = await sql<{ rounds: number }>`
    select count(distinct started_at) as rounds from delivery_attempt`.execute(db)
  t.equal(rows[0]?.rounds, 8)
})

t.test('the next slot of a pace does not wait for the answer to the one before', async (t) => {
  const pace = { perMinute: 6_000, burst: 1 }
  await db
    .updateTable('instance')
    .set({ settings: JSON.stringify({ pace }) })
    .where('id', '=', 'acme-phone')
    .execute()
  for (let n = 0; n < 3; n++) await enqueue({ to: `+551191111001${n}` })
  const { promise: allThere, resolve } = Promise.withResolvers<void>()
  let calls = 0
  const { dispatcher, attempts } = startDispatcher(t, async (delivery) => {
    calls++
    if (calls === 3) resolve()
    await allThere
    return sent(delivery)
  })
  dispatcher.wake(acme)
  await attempts(3)
  t.equal(calls, 3)
})

t.test('a scheduled message leaves at its time, without a nudge', async (t) => {
  const { dispatcher, attempts, recorded } = startDispatcher(t, async (delivery) => sent(delivery))
  const id = await enqueue({ scheduledAt: new Date(Date.now() + 300) })
  dispatcher.wake(acme)
  await attempts(1)
  t.same(recorded, [id])
  const row = await db.selectFrom('delivery').select(['scheduled_at', 'settled_at']).executeTakeFirstOrThrow()
  t.ok((row.settled_at ?? 0) >= (row.scheduled_at ?? 1))
})

t.test('stopping leaves no message in a claim of its own', async (t) => {
  for (let n = 0; n < 5; n++) await enqueue({ to: `+551191111001${n}` })
  const { dispatcher, stop } = startDispatcher(t, async (delivery) => sent(delivery))
  dispatcher.wake(acme)
  await stop()
  const states = await db.selectFrom('delivery').select('state').distinct().execute()
  t.same(
    states.filter(({ state }) => state === 'SENDING'),
    [],
  )
})

t.test('outcomes that come together are recorded together', async (t) => {
  for (let n = 0; n < 40; n++) await enqueue({ to: `+55119111100${10 + n}` })
  const { dispatcher, attempts } = startDispatcher(t, async (delivery) => sent(delivery))
  dispatcher.wake(acme)
  await attempts(40)
  const { rows } = await sql<{ settlements: number }>`
    select count(distinct settled_at) as settlements from delivery`.execute(db)
  t.equal(rows[0]?.settlements, 1)
})

t.test('an outcome that cannot be recorded does not keep its neighbours from it', async (t) => {
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.push(await enqueue({ to: `+551191111001${n}` }))
  const { dispatcher, attempts } = startDispatcher(t, async (delivery) =>
    delivery.id === ids[2] ? { ...sent(delivery), response: { broken: '\u0000' } } : sent(delivery),
  )
  dispatcher.wake(acme)
  await attempts(4)
  const states = await db.selectFrom('delivery').select(['id', 'state']).execute()
  t.same(
    states.filter(({ state }) => state !== 'SENT').map(({ id }) => id),
    [ids[2]],
  )
})
