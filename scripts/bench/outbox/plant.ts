import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { INSTANCE, TENANT } from './start-database.ts'

/** Enough that rows do not stand in a queue for one recipient, few enough that lanes are long. */
const PER_LANE = 10
const BATCH = 50_000

export interface Planted {
  count: number
  state: 'QUEUED' | 'SENT'
}

/** Puts deliveries with their messages, tickets, contacts and lanes into the tables, as the outbox would have left them. */
export async function plant(db: Database, { count, state }: Planted): Promise<void> {
  const lanes = Math.ceil(count / PER_LANE)
  await plantRecipients(db, lanes)
  for (let from = 0; from < count; from += BATCH) {
    await plantMessages(db, { from, to: Math.min(from + BATCH, count), lanes, state })
  }
  if (state === 'QUEUED') {
    await sql`update lane set ready_at = now() where ready_at is null and claimed_until is null`.execute(db)
  }
}

/** What autovacuum would have done by then. A statement of its own: it cannot be in a transaction. */
export const tidyUp = (db: Database) => sql`vacuum analyze`.execute(db)

const phone = sql`'55119' || lpad(n::text, 8, '0')`
const idOf = (kind: string) => sql`md5(${kind} || n::text)::uuid`

async function plantRecipients(db: Database, lanes: number): Promise<void> {
  await sql`
    insert into contact (tenant_id, id, phone) select ${TENANT}, ${idOf('contact')}, '+' || ${phone}
    from generate_series(1, ${lanes}) n on conflict do nothing`.execute(db)
  await sql`
    insert into ticket (tenant_id, id, contact_id, instance_id)
    select ${TENANT}, ${idOf('ticket')}, ${idOf('contact')}, ${INSTANCE}
    from generate_series(1, ${lanes}) n on conflict do nothing`.execute(db)
  await sql`
    insert into lane (tenant_id, instance_id, lane) select ${TENANT}, ${INSTANCE}, ${phone} || '@s.whatsapp.net'
    from generate_series(1, ${lanes}) n on conflict do nothing`.execute(db)
}

async function plantMessages(
  db: Database,
  { from, to, lanes, state }: { from: number; to: number; lanes: number; state: Planted['state'] },
): Promise<void> {
  const settled = state === 'SENT'
  await sql`
    with planted as materialized (
      select gen_random_uuid() as id, 1 + i % ${lanes}::int as n from generate_series(${from}::int, ${to - 1}::int) i
    ), messages as (
      insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, state)
      select ${TENANT}, id, ${idOf('ticket')}, ${idOf('contact')}, ${INSTANCE}, 'outbound', 'text', 'Hello', ${state}
      from planted
    )
    insert into delivery (tenant_id, id, instance_id, contact_id, ticket_id, recipient, intent, payload, lane, state,
      payload_hash, settled_at, attempts)
    select ${TENANT}, id, ${INSTANCE}, ${idOf('contact')}, ${idOf('ticket')}, '+' || ${phone}, 'text',
      '{"intent":"text","text":"Hello"}', ${phone} || '@s.whatsapp.net', ${state}, '\\x00',
      case when ${settled} then now() end, ${settled ? 1 : 0}
    from planted`.execute(db)
}
