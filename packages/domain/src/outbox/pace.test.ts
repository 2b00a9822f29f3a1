import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { readNextDue } from './due.ts'
import { paceSlots, paceWaitMs } from './pace.ts'
import { PACE_OFF, readSettings } from './settings.ts'
import { settle } from './settle.ts'
import { wakeWaiting } from './wake-waiting.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll, read } = openOutbox(domain)
const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
const to = (n: number) => `+55119111100${10 + n}`

const setInstance = (settings: object) =>
  db
    .updateTable('instance')
    .set({ settings: JSON.stringify(settings) })
    .where('id', '=', 'acme-phone')
    .execute()
/** As if so many seconds had passed. */
const pass = (seconds: number) =>
  sql`update instance_pace set paid_at = paid_at - make_interval(secs => ${seconds}),
    paused_until = paused_until - make_interval(secs => ${seconds}),
    away_until = away_until - make_interval(secs => ${seconds})`.execute(db)
const dayPasses = async () => {
  await sql`update instance_pace set first_contacts_on = first_contacts_on - 1`.execute(db)
  await sql`update lane set ready_at = now() where held`.execute(db)
}

const enqueueMany = async (count: number) => {
  for (let n = 0; n < count; n++) await enqueue({ to: to(n) })
}

t.afterEach(async () => {
  await setInstance({})
  await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_pace, message, ticket cascade`.execute(
    db,
  )
})

t.test('an instance sends its burst at once, and then at its pace', async (t) => {
  await setInstance({ pace: { perMinute: 0.1, burst: 5 } })
  await enqueueMany(12)
  t.equal((await claimAll()).length, 5)
  t.same(await claimAll(), [], 'the rest waits')
  const inMs = (await readNextDue(db, instance)) ?? 0
  t.ok(inMs > 0 && inMs <= 1_200_000, `${inMs} ms: ten minutes, and 20 % either way of those that left`)
  await pass(inMs / 1_000)
  t.equal((await claimAll()).length, 1)
  await pass(86_400)
  t.equal((await claimAll()).length, 5, 'a quiet day saves up no more than a burst')
})

t.test('who waits for the pace uses no attempt and holds no claim', async (t) => {
  await setInstance({ pace: { perMinute: 0.1, burst: 1 } })
  const [, second] = [await enqueue({ to: to(1) }), await enqueue({ to: to(2) })]
  t.equal((await claimAll()).length, 1)
  t.match(await read(second), { status: 'QUEUED', attemptCount: 0, attempts: [], nextAttemptAt: null })
})

t.test('ten workers at once send no more than one may', async (t) => {
  await setInstance({ pace: { perMinute: 0.1, burst: 7 } })
  await enqueueMany(30)
  const claimed = await Promise.all(Array.from({ length: 10 }, () => claimAll(30)))
  const sizes = claimed.map(({ length }) => length).toSorted((a, b) => b - a)
  t.equal(sizes[0], 7)
  // The seven pay for 20 % less than their share at the least: that leaves room for one more, and never for two.
  t.ok(claimed.flat().length <= 8, `${sizes}`)
})

t.test(
  'the instance\u2019s settings win over the tenant\u2019s, one by one; without any it is 20 a minute',
  async (t) => {
    t.same(readSettings({}, {}).pace, { perMinute: 20, burst: 5, firstContactsPerDay: 50 })
    t.match(
      readSettings({ pace: { burst: 8 } }, { pace: { burst: 2, perMinute: 7 }, timezone: 'Europe/Rome' }),
      {
        pace: { perMinute: 7, burst: 8, firstContactsPerDay: 50 },
        timezone: 'Europe/Rome',
      },
    )
    t.match(readSettings({ outbox: { retryMinutes: [0, 2] } }, { hours: { from: '08:00', to: '20:00' } }), {
      retryMinutes: [0, 2],
      hours: { from: '08:00', to: '20:00' },
    })
  },
)

t.test('settings that cannot be read count as not said: they stop nothing', async (t) => {
  const broken = { pace: { burst: 'many', perMinute: -1 }, hours: 'never', timezone: 'Mars', outbox: 7 }
  t.same(readSettings(broken, 'nothing'), readSettings({}, {}))
})

t.test('a day\u2019s first contacts are bounded; who is known is not counted', async (t) => {
  await setInstance({ pace: { perMinute: 0, firstContactsPerDay: 2 } })
  await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone: to(0) })))
  await enqueueMany(5)
  const claimed = await claimAll()
  t.equal(claimed.length, 3, 'two first contacts, and one who wrote to us')
  for (const delivery of claimed) await settle(domain, delivery, sentOf(delivery))
  const [again] = claimed
  await enqueue({ to: again?.recipient ?? '' })
  t.equal((await claimAll()).length, 1, 'who was sent to yesterday or today is known')
  const inMs = (await readNextDue(db, instance)) ?? 0
  t.ok(inMs > 0 && inMs <= 86_400_000, String(inMs))
  await dayPasses()
  t.equal((await claimAll()).length, 2)
})

t.test('a recipient who is held and writes is answered at once', async (t) => {
  await setInstance({ pace: { perMinute: 0, firstContactsPerDay: 1 } })
  await enqueueMany(2)
  const [first] = await claimAll()
  const other = first?.recipient === to(0) ? to(1) : to(0)
  t.same(await claimAll(), [])
  await enqueue({ to: other })
  t.same(await claimAll(), [], 'a second message to a stranger is no acquaintance')
  await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone: other })))
  await enqueue({ to: other, priority: 0 })
  t.match(await claimAll(), [{ recipient: other }])
})

t.test('a channel that is told to slow down slows the whole instance', async (t) => {
  await enqueueMany(3)
  const [first, ...others] = await claimAll(2)
  if (!first) throw new Error('nothing claimed')
  await settle(domain, first, {
    status: 'failed',
    fault: 'waiting',
    code: 'RATE_LIMITED',
    message: 'slow down',
    retryAfterSeconds: 30,
  })
  for (const delivery of others) await settle(domain, delivery, sentOf(delivery))
  t.same(await claimAll(), [])
  const inMs = (await readNextDue(db, instance)) ?? 0
  t.ok(inMs > 25_000 && inMs <= 30_000, String(inMs))
  await pass(31)
  t.equal((await claimAll()).length, 1)
})

t.test(
  'a channel that is not there is asked with a few, not with every recipient\u2019s message',
  async (t) => {
    const AWAY = { status: 'failed', fault: 'waiting', code: 'BROKER_UNREACHABLE', message: 'away' } as const
    await setInstance(PACE_OFF)
    await enqueueMany(6)
    for (const delivery of await claimAll(2)) await settle(domain, delivery, AWAY)
    t.same(await claimAll(), [], 'the others wait with them')
    const inMs = (await readNextDue(db, instance)) ?? 0
    t.ok(inMs > 0 && inMs <= 2_500, String(inMs))
    await pass(3)
    const again = await claimAll()
    t.ok(again.length >= 4, 'and are asked after two seconds')
    for (const delivery of again) await settle(domain, delivery, AWAY)
    t.same(await claimAll(), [])
    await commit(domain, (work) => wakeWaiting(work, instance))
    t.equal((await claimAll()).length, 6, 'all leave when it connects')
  },
)

t.test('slots are never more than the burst, and there is one exactly when the wait is over', async (t) => {
  const paces = fc.record({
    perMinute: fc.double({ min: 0.1, max: 600, noNaN: true }),
    burst: fc.integer({ min: 1, max: 50 }),
    firstContactsPerDay: fc.constant(0),
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(paces, fc.double({ min: -100_000, max: 10_000_000, noNaN: true }), (pace, ahead) => {
        const slots = paceSlots(pace, ahead)
        assert.ok(slots >= 0 && slots <= pace.burst)
        assert.ok(slots === 0 || paceWaitMs(pace, ahead) <= 1)
        assert.ok(paceSlots(pace, ahead - paceWaitMs(pace, ahead)) >= 1)
      }),
    ),
  )
})
