-- What a broker must remember of its WhatsApp sessions. No foreign keys to the API's tables: a broker may have a
-- database of its own.

create schema broker;

create table broker.instance (
  id text primary key,
  tenant_id text not null,
  name text not null,
  webhook_url text,
  -- Whether the session is wanted: a broker that restarts connects again what was connected.
  wanted boolean not null default false,
  -- As it was last told to the API; the process that holds the session knows better.
  status text not null default 'created'
    check (status in ('created', 'connecting', 'connected', 'disconnected', 'logged_out')),
  phone text,
  lid text,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Baileys' credentials and Signal keys, sealed with SESSION_ENCRYPTION_KEY.
create table broker.session_credential (
  instance_id text primary key references broker.instance (id) on delete cascade,
  sealed bytea not null,
  updated_at timestamptz not null default now()
);
create table broker.session_key (
  instance_id text not null references broker.instance (id) on delete cascade,
  type text not null,
  id text not null,
  sealed bytea not null,
  primary key (instance_id, type, id)
);

-- A row before the send, its answer after: a repeated key is answered from here, and a send whose answer was lost
-- goes out again under the same WhatsApp id.
create table broker.send_ledger (
  instance_id text not null references broker.instance (id) on delete cascade,
  idempotency_key text not null,
  request_hash bytea not null,
  wa_message_id text not null,
  -- The message itself, sealed: for phones that could not read it and ask again.
  content bytea,
  state text not null default 'sending' check (state in ('sending', 'pending', 'sent')),
  answer jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (instance_id, idempotency_key),
  check ((state = 'sending') = (answer is null))
);
create unique index send_ledger_by_wa_id on broker.send_ledger (instance_id, wa_message_id);
create index send_ledger_by_age on broker.send_ledger (updated_at);

-- What WhatsApp told us, in order, until the API took it.
create table broker.journal (
  instance_id text not null references broker.instance (id) on delete cascade,
  number bigint generated always as identity,
  event_id text not null,
  chat_key text not null,
  event jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'published', 'refused')),
  answer jsonb,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  primary key (instance_id, number)
);
create unique index journal_once on broker.journal (instance_id, event_id);
-- The next events of one chat, and the chats that have any.
create index journal_waiting on broker.journal (instance_id, chat_key, number) where state = 'waiting';
create index journal_settled on broker.journal (settled_at) where settled_at is not null;
