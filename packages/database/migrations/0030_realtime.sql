-- A list of tickets is kept right by events alone, so a ticket knows when each side first and last wrote.
alter table ticket
  add column first_inbound_at timestamptz,
  add column last_inbound_at timestamptz,
  add column first_outbound_at timestamptz,
  add column last_outbound_at timestamptz;

update ticket t set
  first_inbound_at = written.first_inbound_at,
  last_inbound_at = written.last_inbound_at,
  first_outbound_at = written.first_outbound_at,
  last_outbound_at = written.last_outbound_at
from (
  select tenant_id, ticket_id,
    min(coalesce(broker_at, created_at)) filter (where direction = 'inbound') as first_inbound_at,
    max(coalesce(broker_at, created_at)) filter (where direction = 'inbound') as last_inbound_at,
    min(coalesce(broker_at, created_at)) filter (where direction = 'outbound') as first_outbound_at,
    max(coalesce(broker_at, created_at)) filter (where direction = 'outbound') as last_outbound_at
  from message group by tenant_id, ticket_id
) written
where t.tenant_id = written.tenant_id and t.id = written.ticket_id;

-- An event may be for one person: it is told in that person's room.
alter table event add column user_id text;
