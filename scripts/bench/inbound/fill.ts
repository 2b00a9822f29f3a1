import { sql } from 'kysely'
import { INSTANCES, tenantOf } from './envelopes.ts'
import type { BenchDatabase } from './start-database.ts'

export const FULL = { messages: 1_000_000, tickets: 100_000 }

/** Puts a grown inbox into the database: contacts with a ticket each, messages, their timeline and their events. */
export async function fill({ connection: { db } }: BenchDatabase): Promise<void> {
  const tenants = INSTANCES.map(tenantOf)
  await db.connection().execute(async (session) => {
    // It may take longer than a statement of the product does, and what it refers to is there.
    await sql`set statement_timeout = 0`.execute(session)
    await sql`set session_replication_role = replica`.execute(session)
    await sql`
      create temporary table chat as
      select n, (${tenants}::text[])[1 + n % ${tenants.length}] as tenant_id,
        (${INSTANCES}::text[])[1 + n % ${tenants.length}] as instance_id, uuidv7() as contact_id, uuidv7() as ticket_id
      from generate_series(0, ${FULL.tickets - 1}::integer) n`.execute(session)
    await sql`
      insert into contact (tenant_id, id, phone, told_name, named)
      select tenant_id, contact_id, '+55219' || lpad(n::text, 8, '0'), 'Maria', true from chat`.execute(
      session,
    )
    await sql`
      insert into ticket (tenant_id, id, contact_id, instance_id, preview, unread_count, last_message_at)
      select tenant_id, ticket_id, contact_id, instance_id, 'Oi!', 1, now() from chat`.execute(session)
    await sql`
      create temporary table filled as
      select m, uuidv7() as id, chat.* from generate_series(1, ${FULL.messages}::integer) m
      join chat on chat.n = (m * 7919::bigint) % ${FULL.tickets}`.execute(session)
    await sql`
      insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, content,
        provider_message_id, broker_at, received_at)
      select tenant_id, id, ticket_id, contact_id, instance_id, 'inbound', 'text', 'Oi! Tudo bem?',
        jsonb_build_object('type', 'text', 'text', 'Oi! Tudo bem?'), upper(md5(m::text)), now(), now()
      from filled order by m`.execute(session)
    await sql`
      insert into timeline_entry (tenant_id, id, ticket_id, type, message_id)
      select tenant_id, uuidv7(), ticket_id, 'MESSAGE_RECEIVED', id from filled order by m`.execute(session)
    await sql`
      insert into event (tenant_id, seq, day, type, ticket_id, contact_id, instance_id, payload, occurred_at)
      select tenant_id, last_seq + row_number() over (partition by tenant_id order by m), current_date, 'messages.new',
        ticket_id, contact_id, instance_id, jsonb_build_object('ticketId', ticket_id, 'text', 'Oi! Tudo bem?'), now()
      from filled join event_counter using (tenant_id)`.execute(session)
    await sql`
      update event_counter c set last_seq = (select max(seq) from event e where e.tenant_id = c.tenant_id)`.execute(
      session,
    )
    await sql`drop table chat, filled`.execute(session)
    await sql`reset session_replication_role`.execute(session)
    await sql`vacuum analyze`.execute(session)
    await sql`checkpoint`.execute(session)
    await sql`reset statement_timeout`.execute(session)
  })
}
