import type pg from 'pg'

/** Tickets with three messages each, whose times are right. The phones are nobody else's. */
export async function plantTickets(
  database: pg.Client,
  { tenantId, instanceId, tickets }: { tenantId: string; instanceId: string; tickets: number },
): Promise<void> {
  await database.query(
    `create temp table planted on commit preserve rows as
     select n, gen_random_uuid() as contact_id, gen_random_uuid() as ticket_id,
       timestamptz '2026-01-01' + n * interval '1 second' as at
     from generate_series(1, $1::int) n`,
    [tickets],
  )
  await database.query(
    `insert into contact (tenant_id, id, phone, told_name)
     select $1, contact_id, '+5533' || lpad(n::text, 9, '0'), 'Planted' from planted`,
    [tenantId],
  )
  await database.query(
    `insert into ticket (tenant_id, id, contact_id, instance_id, preview, last_message_at, first_inbound_at,
       last_inbound_at, first_outbound_at, last_outbound_at)
     select $1, ticket_id, contact_id, $2, 'Planted', at + interval '2 hours', at, at + interval '2 hours',
       at + interval '1 hour', at + interval '1 hour' from planted`,
    [tenantId, instanceId],
  )
  await database.query(
    `insert into message (tenant_id, id, ticket_id, contact_id, instance_id, direction, type, text, state, broker_at)
     select $1, gen_random_uuid(), ticket_id, contact_id, $2, case k when 1 then 'outbound' else 'inbound' end, 'text',
       'Planted', case k when 1 then 'SENT' end, at + k * interval '1 hour'
     from planted cross join generate_series(0, 2) k`,
    [tenantId, instanceId],
  )
  await database.query('analyze contact, ticket, message')
}

/**
 * Damages a part of the planted tickets, which the seed chooses, each in one of four ways, and writes down how all of
 * them were.
 *
 * @returns how many were damaged
 */
export async function damageTickets(
  database: pg.Client,
  { seed, percent }: { seed: number; percent: number },
): Promise<number> {
  await database.query(
    `create temp table expected on commit preserve rows as
     select t.id, jsonb_build_array(t.first_inbound_at, t.last_inbound_at, t.first_outbound_at, t.last_outbound_at) as sides,
       t.updated_at, abs(hashtextextended(p.n::text, $1)) % 10000 < $2::numeric * 100 as is_damaged
     from planted p join ticket t on t.id = p.ticket_id`,
    [seed, percent],
  )
  const { rowCount } = await database.query(
    `update ticket t set
       first_inbound_at = case p.n % 4 when 0 then null else t.first_inbound_at end,
       last_inbound_at = case p.n % 4 when 1 then '2030-01-01' else t.last_inbound_at end,
       first_outbound_at = case p.n % 4 when 2 then t.first_outbound_at - interval '1 second' else t.first_outbound_at end,
       last_outbound_at = case p.n % 4 when 3 then null else t.last_outbound_at end
     from expected e join planted p on p.ticket_id = e.id where t.id = e.id and e.is_damaged`,
  )
  return rowCount ?? 0
}
