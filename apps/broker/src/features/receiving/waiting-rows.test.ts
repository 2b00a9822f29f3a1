import { createTestDatabase } from '@carteiro/database/test-database'
import { sql } from 'kysely'
import t from 'tap'
import { deleteSettled } from './waiting-rows.ts'

const { db } = await createTestDatabase(t)
const signal = new AbortController().signal

await sql`insert into broker.instance (id, tenant_id, name) values ('phone', 'acme', 'Phone')`.execute(db)

const journal = (state: string, daysAgo: number, count = 1) =>
  sql`
  insert into broker.journal (instance_id, event_id, chat_key, event, state, created_at, settled_at)
  select 'phone', ${state} || ${daysAgo}::text || '-' || n, 'chat', '{}', ${state},
    now() - make_interval(days => ${daysAgo}),
    case when ${state} <> 'waiting' then now() - make_interval(days => ${daysAgo}) end
  from generate_series(1, ${count}::int) n`.execute(db)

const left = async () =>
  (await db.selectFrom('broker.journal').select('event_id').orderBy('number').execute()).map(
    (row) => row.event_id,
  )

t.test('what was settled long ago goes, in batches; what waits stays, however old it is', async (t) => {
  await journal('published', 8, 2_001)
  await journal('refused', 8)
  await journal('published', 6)
  await journal('waiting', 400)
  await deleteSettled(db, { days: 7, signal: AbortSignal.abort() })
  t.equal((await left()).length, 2_004, 'a broker that stops leaves it to the next one')
  await deleteSettled(db, { days: 7, signal })
  t.same(await left(), ['published6-1', 'waiting400-1'])
})
