-- What a message may ask for (urgency, a time, an end), and what an instance bears: a pace, and a circuit that opens
-- when its channel fails.

alter table delivery
  -- 0 a reply, 1 a service message, 2 a campaign.
  add column priority smallint not null default 1 check (priority between 0 and 2),
  add column purpose text not null default 'service' check (purpose in ('service', 'marketing')),
  add column scheduled_at timestamptz,
  add column expires_at timestamptz,
  add column subject text,
  add column template_code text,
  -- A scheduled message has no place in its lane before its time: it holds up nothing that is sent before it.
  alter column position drop not null,
  add check (position is not null or scheduled_at is not null),
  add check (position is not null or state <> 'SENDING');

drop index delivery_open;
create index delivery_open on delivery (tenant_id, instance_id, lane, position)
  where state in ('QUEUED', 'SENDING') and position is not null;
-- A lane's most urgent message, without reading the lane.
create index delivery_urgent on delivery (tenant_id, instance_id, lane, priority)
  where state in ('QUEUED', 'SENDING') and position is not null;
create index delivery_scheduled on delivery (tenant_id, instance_id, scheduled_at)
  where state = 'QUEUED' and position is null;
create index delivery_expiring on delivery (expires_at) where state = 'QUEUED' and expires_at is not null;

-- Lanes leave by rank, each rank by its own order of readiness: three short scans, whatever waits beside them.
alter table lane
  add column rank smallint not null default 1 check (rank between 0 and 2),
  -- When the instance first sent to this recipient, or was seen to have heard from it.
  add column known_at timestamptz,
  -- It waits for another day's allowance of first contacts.
  add column held boolean not null default false;
drop index lane_ready;
create index lane_ready on lane (tenant_id, instance_id, rank, ready_at) where ready_at is not null;

-- Whether a contact ever wrote: a look at its tickets, closed ones too.
create index ticket_by_contact on ticket (tenant_id, contact_id, instance_id);

create sequence delivery_history_number;
create table delivery_history (
  tenant_id text not null,
  delivery_id uuid not null,
  number bigint not null default nextval('delivery_history_number'),
  state text not null,
  reason text,
  at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, delivery_id, number),
  foreign key (tenant_id, delivery_id) references delivery (tenant_id, id) on delete cascade
);

-- In the database, so that two workers do not double it and a restart does not reset it.
create table instance_pace (
  tenant_id text not null,
  instance_id text not null,
  -- When the messages that left are paid for, at the instance's pace; a burst may run ahead of it.
  paid_at timestamptz not null default now(),
  first_contacts_on date,
  first_contacts integer not null default 0,
  -- The channel asked to be left alone until then.
  paused_until timestamptz,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instance (tenant_id, id) on delete cascade
);

create table instance_circuit (
  tenant_id text not null,
  instance_id text not null,
  failed_at timestamptz[] not null default '{}',
  -- Closed while null; past it one message at a time tries whether the channel is back.
  open_until timestamptz,
  probe_until timestamptz,
  primary key (tenant_id, instance_id),
  foreign key (tenant_id, instance_id) references instance (tenant_id, id) on delete cascade
);
