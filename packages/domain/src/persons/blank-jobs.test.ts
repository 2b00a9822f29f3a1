import { newId } from '@carteiro/database/new-id'
import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { queueInShard } from '../testing/queue-in-shard.ts'
import { startDomain } from '../testing/start-domain.ts'
import { eraseJobs } from './blank-jobs.ts'
import { requestErasure } from './request-erasure.ts'

const domain = await startDomain(t)
const { db } = domain
const PHONE = '+5511987654331'
const MARK = 'jb5e90'

t.test('of very many jobs a few are looked at in one transaction, and none is left out', async (t) => {
  await commit(domain, (work) => saveMessage(work, messageEnvelope({ phone: PHONE })))
  const { id: contactId } = await db.selectFrom('contact').select('id').executeTakeFirstOrThrow()
  for (let n = 0; n < 450; n++) await queueInShard(domain, 3, [messageEnvelope({ phone: '+5511900000009' })])
  for (const shard of [0, 3, 7]) {
    await queueInShard(domain, shard, [messageEnvelope({ phone: PHONE, text: `${MARK} ${newId()}` })])
  }
  await sql`update pgboss.job set state = 'completed', completed_on = now()`.execute(db)
  await requestErasure(domain, { tenantId: 'acme', contactId, actor: 'test', requestId: 'request-1' })
  await sql`
    update contact_erasure set started_at = now(), jids = ${[`${PHONE.slice(1)}@s.whatsapp.net`]}::text[]`.execute(
    db,
  )
  const run = await db.selectFrom('contact_erasure').selectAll().executeTakeFirstOrThrow()

  const parts: unknown[] = []
  for (let place: unknown = null; ; ) {
    const done = await commit(domain, (work) => eraseJobs(work, { ...run, place }))
    parts.push(done.place)
    if (done.next === 'step') break
    place = done.place
  }
  t.match(parts[3], { queue: 3, id: /^0*[1-9a-f]/ }, 'a part ends within a queue')
  const { rows } = await sql<{ of_person: number; of_others: number }>`
    select count(*) filter (where data::text like ${`%${MARK}%`})::int as of_person,
      count(*) filter (where data::text like '%5511900000009%')::int as of_others
    from pgboss.job`.execute(db)
  t.same(rows, [{ of_person: 0, of_others: 450 }])
})
