-- What a broker that cannot be called has taken from the gateway. No foreign keys: it may have a database of its own.
create table broker.gateway_message (
  -- One key is one message on the phone, however often it is offered.
  idempotency_key text primary key,
  number bigint generated always as identity,
  message_id text not null,
  -- Of its newest offer.
  seq bigint not null,
  instance_id text not null,
  recipient text not null,
  -- As the sender reads it; gone when the message is over, while its key is remembered.
  message jsonb,
  state text not null default 'pending'
    check (state in ('pending', 'delivered', 'sending', 'sent', 'failed', 'retry')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  acked_at timestamptz,
  external_id text,
  error_code text,
  error_message text,
  retriable boolean,
  -- The gateway was not told yet how it ended.
  report_pending boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((state = 'sent') = (external_id is not null)),
  check ((state = 'failed') = (retriable is not null)),
  check (message is not null or state in ('sent', 'failed'))
);
create index gateway_message_open on broker.gateway_message (instance_id, recipient, number)
  where state in ('pending', 'delivered', 'sending', 'retry');
create index gateway_message_report on broker.gateway_message (number) where report_pending;
create index gateway_message_over on broker.gateway_message (updated_at) where state in ('sent', 'failed');

-- The last event of each gateway that is committed here.
create table broker.gateway_cursor (
  gateway text primary key,
  last_event_id bigint not null,
  updated_at timestamptz not null default now()
);
