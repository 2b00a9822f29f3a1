-- Who writes to us, and about what.

create table queue (
  tenant_id text not null references tenant (id),
  id uuid not null,
  name text not null,
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
create unique index queue_one_default on queue (tenant_id) where is_default;

create table contact (
  tenant_id text not null references tenant (id),
  id uuid not null,
  kind text not null default 'person' check (kind in ('person', 'group')),
  phone text,
  lid text,
  jid text,
  name text,
  push_name text,
  document text,
  registrations text[] not null default '{}',
  avatar_url text,
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  -- A person is known by phone or LID, a group by its jid.
  check (case kind when 'group' then jid is not null else phone is not null or lid is not null end)
);
create unique index contact_by_phone on contact (tenant_id, phone) where phone is not null;
create unique index contact_by_lid on contact (tenant_id, lid) where lid is not null;
create unique index contact_by_jid on contact (tenant_id, jid) where jid is not null;

create table ticket (
  tenant_id text not null references tenant (id),
  id uuid not null,
  contact_id uuid not null,
  instance_id text not null,
  queue_id uuid,
  status text not null default 'open' check (status in ('open', 'pending', 'closed')),
  assignee_id text,
  known_fields jsonb not null default '{}',
  metadata jsonb not null default '{}',
  preview text,
  unread_count integer not null default 0 check (unread_count >= 0),
  last_message_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, contact_id) references contact (tenant_id, id),
  foreign key (tenant_id, instance_id) references instance (tenant_id, id),
  foreign key (tenant_id, queue_id) references queue (tenant_id, id),
  check ((status = 'closed') = (closed_at is not null))
);
-- An album of ten pictures opens one ticket.
create unique index ticket_one_open on ticket (tenant_id, contact_id, instance_id) where status <> 'closed';
create index ticket_by_activity on ticket (tenant_id, last_message_at desc nulls last, id);

-- Messages of a ticket are read in the order in which they were stored: a sequence, as clocks disagree.
create sequence message_number;

create table message (
  tenant_id text not null references tenant (id),
  id uuid not null,
  number bigint not null default nextval('message_number'),
  ticket_id uuid not null,
  contact_id uuid not null,
  instance_id text not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  type text not null,
  text text,
  content jsonb not null default '{}',
  provider_message_id text,
  state text check (state in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'CANCELLED')),
  metadata jsonb not null default '{}',
  broker_at timestamptz,
  received_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  check ((direction = 'outbound') = (state is not null))
);
-- Once, whatever the spelling of the chat: the layer on which "nothing is stored twice" stands.
create unique index message_once on message (tenant_id, instance_id, direction, provider_message_id)
  where provider_message_id is not null;
create index message_by_ticket on message (tenant_id, ticket_id, number);

create table timeline_entry (
  tenant_id text not null references tenant (id),
  id uuid not null,
  ticket_id uuid not null,
  type text not null,
  message_id uuid,
  details jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index timeline_by_ticket on timeline_entry (tenant_id, ticket_id, id);

-- Commit groups are put in order by this number: it must be one row of numbers for every API process.
create sequence ingest_number;
