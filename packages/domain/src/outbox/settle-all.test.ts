import { sql } from 'kysely'
import t from 'tap'
import { openOutbox, sentOf } from '../testing/outbox.ts'
import { startDomain } from '../testing/start-domain.ts'
import { recoverStale } from './recover.ts'
import { type AttemptOutcome, type Settlement, settleAll } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain
const { enqueue, claimAll, read } = openOutbox(domain)
const to = (n: number) => `+55119111100${10 + n}`

const failed = (fault: 'message' | 'channel' | 'waiting'): AttemptOutcome => ({
  status: 'failed',
  fault,
  code: fault.toUpperCase(),
  message: fault,
})

t.afterEach(async () => {
  await sql`truncate delivery, delivery_attempt, delivery_history, lane, instance_circuit cascade`.execute(db)
})

t.test('outcomes that are settled together end as each would alone', async (t) => {
  const ids: string[] = []
  for (let n = 0; n < 6; n++) ids.push(await enqueue({ to: to(n) }))
  const claimed = await claimAll()
  const byId = new Map(claimed.map((delivery) => [delivery.id, delivery]))
  const outcomes: AttemptOutcome[] = [
    sentOf({ id: 'a' }),
    failed('message'),
    failed('channel'),
    failed('waiting'),
    { ...sentOf({ id: 'b' }), status: 'pending' },
  ]
  const settlements = ids.slice(0, 5).map((id, n): Settlement => {
    const [delivery, outcome] = [byId.get(id), outcomes[n]]
    if (!delivery || !outcome) throw new Error('not claimed')
    return { delivery, outcome }
  })
  const [first] = settlements
  if (!first) throw new Error('nothing')
  const stale = { delivery: { ...first.delivery, attempt: 7 }, outcome: sentOf({ id: 'c' }) }
  t.same(
    (await settleAll(domain, [stale, ...settlements.toReversed()])).map(({ status }) => status),
    ['stale', 'SENDING', 'QUEUED', 'QUEUED', 'FAILED', 'SENT'],
  )
  const rows = await Promise.all(ids.map(read))
  t.match(rows, [
    { status: 'SENT', providerMessageId: '3EB0-a', attempts: [{ status: 'sent' }] },
    { status: 'FAILED', errorCode: 'MESSAGE', attempts: [{ status: 'failed' }] },
    { status: 'QUEUED', errorCode: 'CHANNEL', attemptCount: 1, nextAttemptAt: String },
    { status: 'QUEUED', errorCode: 'WAITING', attemptCount: 0, attempts: [{ status: 'waiting' }] },
    { status: 'SENDING', providerMessageId: '3EB0-b', attempts: [{ status: 'pending' }] },
    { status: 'SENDING', providerMessageId: null, attempts: [{ status: 'sending' }] },
  ])
})

t.test('a lane that somebody holds is settled with the next ones, and holds up no other', async (t) => {
  const [held, free] = [await enqueue({ to: to(1) }), await enqueue({ to: to(2) })]
  const settlements = (await claimAll()).map((delivery) => ({ delivery, outcome: sentOf(delivery) }))
  const busy = settlements.find(({ delivery }) => delivery.id === held)
  if (!busy) throw new Error('not claimed')
  const results = await db.transaction().execute(async (transaction) => {
    await sql`select from lane where lane = ${busy.delivery.lane} for update`.execute(transaction)
    return settleAll(domain, settlements)
  })
  t.same(
    settlements.map(({ delivery }, n) => [delivery.id, results[n]?.status]).sort(),
    [
      [held, 'busy'],
      [free, 'SENT'],
    ].sort(),
  )
  t.same(await settleAll(domain, [busy]), [{ status: 'SENT' }])
})

t.test(
  'twenty groups at once, crosswise, with recovery between them, settle all and hang on none',
  async (t) => {
    for (let n = 0; n < 40; n++) await enqueue({ to: to(n) })
    const claimed = await claimAll()
    const statuses = new Map<string, string>()
    const groups = Array.from({ length: 20 }, (_, group) =>
      claimed.filter(
        (_delivery, n) => (group % 2 === 0 ? n : claimed.length - n) % 10 === Math.floor(group / 2),
      ),
    )
    const settleUntilDone = async (group: typeof claimed) => {
      for (let left = group; left.length > 0; ) {
        const results = await settleAll(
          domain,
          left.map((delivery) => ({ delivery, outcome: sentOf(delivery) })),
        )
        for (const [n, delivery] of left.entries()) {
          const status = results[n]?.status ?? 'busy'
          if (status === 'SENT') statuses.set(delivery.id, status)
        }
        left = left.filter((_, n) => results[n]?.status === 'busy')
        await recoverStale(domain)
      }
    }
    await Promise.all(groups.map(settleUntilDone))
    t.equal(statuses.size, 40)
  },
)
