-- What is to be sent. The delivery's row is the truth about it; a job is only a nudge to look.

create sequence delivery_position;

create table delivery (
  tenant_id text not null references tenant (id),
  id uuid not null,
  instance_id text not null,
  contact_id uuid not null,
  ticket_id uuid not null,
  channel text not null default 'WHATSAPP',
  recipient text not null,
  intent text not null,
  payload jsonb not null,
  -- The lane (instance + recipient) keeps its order by position: a sequence, because clocks and UUIDs of several
  -- processes do not agree.
  lane text not null,
  position bigint not null default nextval('delivery_position'),
  state text not null default 'QUEUED'
    check (state in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'CANCELLED')),
  generation integer not null default 0,
  attempts integer not null default 0,
  max_attempts integer not null default 6,
  next_attempt_at timestamptz,
  claimed_until timestamptz,
  settled_at timestamptz,
  idempotency_key text,
  payload_hash bytea not null,
  provider_message_id text,
  error_code text,
  error_message text,
  dossier_id jsonb,
  request_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, instance_id) references instance (tenant_id, id),
  check ((state = 'SENDING') = (claimed_until is not null)),
  check ((state in ('SENT', 'DELIVERED', 'READ', 'FAILED', 'CANCELLED')) = (settled_at is not null)),
  check (attempts >= 0 and attempts <= max_attempts)
);
create unique index delivery_once on delivery (tenant_id, idempotency_key) where idempotency_key is not null;
create index delivery_open on delivery (tenant_id, instance_id, lane, position) where state in ('QUEUED', 'SENDING');
-- Two at once in one lane could overtake one another.
create unique index delivery_one_sending on delivery (tenant_id, instance_id, lane) where state = 'SENDING';
create index delivery_by_claim on delivery (claimed_until) where state = 'SENDING';

-- The heads that may leave, without looking at what waits behind them (measured: a `not exists` over deliveries
-- takes 285-451 ms where heads are in backoff or a lane is long; this takes under 0.1).
create table lane (
  tenant_id text not null,
  instance_id text not null,
  lane text not null,
  ready_at timestamptz,
  claimed_until timestamptz,
  primary key (tenant_id, instance_id, lane)
);
create index lane_ready on lane (tenant_id, instance_id, ready_at) where ready_at is not null;

create table delivery_attempt (
  tenant_id text not null,
  delivery_id uuid not null,
  generation integer not null default 0,
  number integer not null,
  outcome text not null
    check (outcome in ('sending', 'sent', 'pending', 'failed', 'waiting', 'abandoned')),
  fault text check (fault in ('message', 'channel', 'ours', 'unknown', 'waiting')),
  error_code text,
  error_message text,
  provider_response jsonb,
  next_attempt_at timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, delivery_id, generation, number),
  foreign key (tenant_id, delivery_id) references delivery (tenant_id, id) on delete cascade
);
