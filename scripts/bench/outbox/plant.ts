import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { INSTANCE, TENANT } from './start-database.ts'

/** Enough that rows do not stand in a queue for one recipient, few enough that lanes are long. */
const PER_LANE = 10
const BATCH = 50_000

export interface Planted {
  count: number
  state: 'QUEUED' | 'SENT'
  tenantId?: string
  instanceId?: string
  /** Messages to each recipient. */
  perLane?: number
  /** Number of the first recipient: those of two plantings may differ. */
  first?: number
  priority?: 0 | 1 | 2
}

type Plan = Required<Planted> & { lanes: number }

/** Puts deliveries with their messages, tickets, contacts and lanes into the tables, as the outbox would have left them. */
export async function plant(db: Database, planted: Planted): Promise<void> {
  const defaults = {
    tenantId: TENANT,
    instanceId: INSTANCE,
    perLane: PER_LANE,
    first: 1,
    priority: 1 as const,
  }
  const { count, state, perLane } = { ...defaults, ...planted }
  const plan = { ...defaults, ...planted, lanes: Math.ceil(count / perLane) }
  await plantRecipients(db, plan)
  for (let from = 0; from < count; from += BATCH) {
    await plantMessages(db, plan, { from, to: Math.min(from + BATCH, count) })
  }
  if (state === 'QUEUED') {
    await sql`
      update lane set ready_at = now(), rank = ${plan.priority}
      where tenant_id = ${plan.tenantId} and instance_id = ${plan.instanceId} and ready_at is null
        and claimed_until is null`.execute(db)
  }
}

/** What autovacuum would have done by then. A statement of its own: it cannot be in a transaction. */
export const tidyUp = (db: Database) => sql`vacuum analyze`.execute(db)

const phone = sql`'55119' || lpad(n::text, 8, '0')`
const idOf = (kind: string) => sql`md5(${kind} || n::text)::uuid`

async function plantRecipients(db: Database, { tenantId, instanceId, first, lanes }: Plan): Promise<void> {
  const recipients = sql`generate_series(${first}::int, ${first + lanes - 1}::int) n`
  await sql`
    insert into contact (tenant_id, id, phone) select ${tenantId}, ${idOf('contact')}, '+' || ${phone}
    from ${recipients} on conflict do nothing`.execute(db)
  await sql`
    insert into ticket (tenant_id, id, contact_id, instance_id)
    select ${tenantId}, ${idOf('ticket')}, ${idOf('contact')}, ${instanceId}
    from ${recipients} on conflict do nothing`.execute(db)
  await sql`
    insert into lane (tenant_id, instance_id, lane) select ${tenantId}, ${instanceId}, ${phone} || '@s.whatsapp.net'
    from ${recipients} on conflict do nothing`.execute(db)
}

async function plantMessages(
  db: Database,
  { tenantId, instanceId, first, lanes, state, priority }: Plan,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const settled = state === 'SENT'
  await sql`
    with planted as materialized (
      select gen_random_uuid() as id, ${first}::int + i % ${lanes}::int as n
      from generate_series(${from}::int, ${to - 1}::int) i
    ), messages as (
      insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, state)
      select ${tenantId}, id, ${idOf('ticket')}, ${idOf('contact')}, ${instanceId}, 'outbound', 'text', 'Hello', ${state}
      from planted
    )
    insert into delivery (tenant_id, id, instance_id, contact_id, ticket_id, recipient, intent, payload, lane, state,
      payload_hash, settled_at, attempts, priority)
    select ${tenantId}, id, ${instanceId}, ${idOf('contact')}, ${idOf('ticket')}, '+' || ${phone}, 'text',
      '{"intent":"text","text":"Hello"}', ${phone} || '@s.whatsapp.net', ${state}, '\\x00',
      case when ${settled} then now() end, ${settled ? 1 : 0}, ${priority}
    from planted`.execute(db)
}
