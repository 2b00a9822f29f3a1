import { sql } from 'kysely'
import t from 'tap'
import { outboundRequest } from '../testing/outbound-request.ts'
import { startDomain } from '../testing/start-domain.ts'
import { claim } from './claim.ts'
import { queueMessage } from './queue-message.ts'
import { settle } from './settle.ts'

const domain = await startDomain(t)
const { db } = domain

t.test(
  'the waits that a tenant sets hold for its messages: their number is the number of attempts',
  async (t) => {
    await sql`update tenant set settings = settings || '{"outbox": {"retryMinutes": [0, 30]}}' where id = 'acme'`.execute(
      db,
    )
    await queueMessage(domain, outboundRequest())
    const fail = async () => {
      const instance = { tenantId: 'acme', instanceId: 'acme-phone' }
      const [delivery] = await claim(domain, { ...instance, limit: 1, claimSeconds: 60 })
      if (!delivery) throw new Error('nothing was claimed')
      await settle(domain, delivery, {
        status: 'failed',
        fault: 'channel',
        code: 'BROKER_ERROR',
        message: 'broken',
      })
      return db.selectFrom('delivery').selectAll().executeTakeFirstOrThrow()
    }
    const waiting = await fail()
    const minutes = ((waiting.next_attempt_at?.getTime() ?? 0) - Date.now()) / 60_000
    t.equal(waiting.state, 'QUEUED')
    t.ok(minutes > 20 && minutes < 40, `${minutes} minutes`)
    await sql`update lane set ready_at = now()`.execute(db)
    await sql`update delivery set next_attempt_at = now()`.execute(db)
    t.match(await fail(), { state: 'FAILED', attempts: 2 })
  },
)
