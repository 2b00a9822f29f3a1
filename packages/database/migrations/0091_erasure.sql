-- A person may ask to be forgotten: the contact stays, as nobody.
alter table contact add column erased_at timestamptz;
alter table contact drop constraint contact_check;
alter table contact add constraint contact_address check (
  erased_at is not null or case kind when 'group' then jid is not null else phone is not null or lid is not null end);

-- How far an erasure is: a worker that dies leaves its place to the next one.
create table contact_erasure (
  tenant_id text not null,
  contact_id uuid not null,
  requested_at timestamptz not null default now(),
  -- When the contact was made nobody: what comes later is another contact's.
  started_at timestamptz,
  finished_at timestamptz,
  step text not null default 'begin' check (step in
    ('begin', 'sends', 'messages', 'groups', 'activities', 'tickets', 'events', 'jobs', 'brokers', 'files', 'done')),
  -- Where its step goes on.
  place jsonb,
  -- By which the person is found elsewhere; gone with the end.
  jids text[] not null default '{}',
  -- Of groups in which it wrote.
  group_tickets uuid[] not null default '{}',
  -- What it waits for, and until when.
  waiting_for text,
  next_try_at timestamptz not null default now(),
  messages integer not null default 0,
  events integer not null default 0,
  -- What became of it at each instance's broker.
  brokers jsonb not null default '{}',
  primary key (tenant_id, contact_id),
  foreign key (tenant_id, contact_id) references contact (tenant_id, id),
  check ((step = 'done') = (finished_at is not null)),
  check (finished_at is null or jids = '{}')
);
create index contact_erasure_open on contact_erasure (next_try_at) where finished_at is null;

-- What a person did in groups.
create index message_reaction_by_reactor on message_reaction (tenant_id, reactor);
create index message_receipt_by_participant on message_receipt (tenant_id, participant) where participant <> '';
