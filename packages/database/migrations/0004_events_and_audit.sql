-- One log of what changed, numbered without a gap per tenant, so that a client can prove that it missed nothing.
-- A sequence cannot do this (numbers are drawn before commits, and readers skip the late ones): the counter is a
-- row, locked last in the transaction.

create table event_counter (
  tenant_id text primary key references tenant (id),
  last_seq bigint not null default 0
);

create table event (
  tenant_id text not null,
  seq bigint not null,
  day date not null,
  type text not null,
  ticket_id uuid,
  contact_id uuid,
  instance_id text,
  payload jsonb not null,
  occurred_at timestamptz not null,
  primary key (tenant_id, seq, day)
) partition by range (day);

-- Retention drops a day's partition instead of deleting its rows; processes make the days ahead of time.
create function ensure_event_partitions(days_ahead integer) returns void language plpgsql as $$
declare
  the_day date;
begin
  perform pg_advisory_xact_lock(hashtext('ensure_event_partitions'));
  for the_day in select generate_series(current_date - 1, current_date + days_ahead, '1 day')::date loop
    if to_regclass(format('event_%s', to_char(the_day, 'YYYYMMDD'))) is null then
      execute format(
        'create table %I partition of event for values from (%L) to (%L)',
        'event_' || to_char(the_day, 'YYYYMMDD'), the_day, the_day + 1);
    end if;
  end loop;
end
$$;
select ensure_event_partitions(7);

create table audit_entry (
  tenant_id text not null references tenant (id),
  id uuid not null,
  actor text not null,
  action text not null,
  entity_type text not null,
  entity_id text not null,
  details jsonb not null default '{}',
  request_id text,
  occurred_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create index audit_by_entity on audit_entry (tenant_id, entity_type, entity_id);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit_entry is append-only';
end
$$;
create trigger audit_append_only before update or delete on audit_entry
  for each row execute function refuse_audit_change();
