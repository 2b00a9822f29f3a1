-- Old data goes by dropping a partition: deleting its rows would be as much work as writing them was. The audit trail,
-- which refuses deletes, is divided by month.

alter table audit_entry rename to audit_entry_whole;
alter index audit_entry_pkey rename to audit_entry_whole_pkey;
alter index audit_by_entity rename to audit_entry_whole_by_entity;

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
  primary key (tenant_id, id, occurred_at)
) partition by range (occurred_at);
create index audit_by_entity on audit_entry (tenant_id, entity_type, entity_id, id);

-- Months are those of UTC, whatever the session's time zone is.
create function ensure_audit_partitions(months_ahead integer, since timestamptz default now())
returns void language plpgsql as $$
declare
  the_month timestamp;
begin
  perform pg_advisory_xact_lock(hashtext('ensure_audit_partitions'));
  for the_month in select generate_series(
    date_trunc('month', since at time zone 'UTC'),
    date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead), '1 month') loop
    if to_regclass(format('audit_entry_%s', to_char(the_month, 'YYYYMM'))) is null then
      execute format(
        'create table %I partition of audit_entry for values from (%L) to (%L)',
        'audit_entry_' || to_char(the_month, 'YYYYMM'),
        the_month at time zone 'UTC', (the_month + interval '1 month') at time zone 'UTC');
    end if;
  end loop;
end
$$;
select ensure_audit_partitions(12, coalesce((select min(occurred_at) from audit_entry_whole), now()));

insert into audit_entry select * from audit_entry_whole;
drop table audit_entry_whole;
create trigger audit_append_only before update or delete on audit_entry
  for each row execute function refuse_audit_change();
