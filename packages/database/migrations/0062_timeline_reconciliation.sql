-- How far a tenant's tickets are compared with their messages: a worker that dies leaves its place to the next one.
create table timeline_reconciliation (
  tenant_id text primary key references tenant (id),
  -- Somebody asked for a run.
  requested_at timestamptz,
  -- The last run; under way while it has no end.
  started_at timestamptz,
  finished_at timestamptz,
  -- The last ticket that it looked at.
  after_ticket uuid,
  tickets bigint not null default 0,
  repaired bigint not null default 0,
  check (finished_at is null or started_at is not null)
);
