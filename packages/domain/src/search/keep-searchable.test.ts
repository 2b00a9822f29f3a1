import { sql } from 'kysely'
import t from 'tap'
import { commit } from '../events/unit-of-work.ts'
import { saveMessage } from '../messages/save-message.ts'
import { messageEnvelope } from '../testing/envelopes.ts'
import { startDomain } from '../testing/start-domain.ts'
import { keepSearchable } from './keep-searchable.ts'

const domain = await startDomain(t)
const { db } = domain
const save = (fields: Parameters<typeof messageEnvelope>[0]) =>
  commit(domain, (work) => saveMessage(work, messageEnvelope(fields)))

t.test('a tenant whose words cannot be read holds up no other', async (t) => {
  await save({ phone: '+5511934100001', text: 'pedido' })
  const theirs = { tenantId: 'other', instanceId: 'other-phone' }
  await save({ phone: '+5511934100002', text: 'pedido', ...theirs })
  await sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`.execute(db)
  await sql`
    create trigger refused before insert on message_search for each row when (new.tenant_id = 'acme')
    execute function refuse()`.execute(db)
  const read = async () => {
    await keepSearchable(domain)
    const rows = await db.selectFrom('message_search').select('tenant_id').execute()
    return rows.map(({ tenant_id }) => tenant_id)
  }
  t.same(await read(), ['other'])
  await sql`drop trigger refused on message_search`.execute(db)
  t.same((await read()).sort(), ['acme', 'other'])
})

t.test('what other workers read just now is not asked for again without a pause', async (t) => {
  await sql`
    with tenants as (
      insert into tenant (id, name) select 'tenant-' || n, 'Tenant' from generate_series(1, 120) n returning id
    ), counters as (
      insert into event_counter (tenant_id, last_seq) select id, 1 from tenants
    )
    select`.execute(db)
  await sql`
    insert into search_cursor (tenant_id, seq) select tenant_id, 0 from event_counter
    on conflict do nothing`.execute(db)
  await db.transaction().execute(async (other) => {
    await sql`select from search_cursor for update`.execute(other)
    t.equal(await keepSearchable(domain), false)
  })
  while (await keepSearchable(domain));
  const { rows } = await sql`
    select from event_counter join search_cursor using (tenant_id) where seq < last_seq`.execute(db)
  t.equal(rows.length, 0, 'and no tenant is left out')
})
