-- What is said to customers before a person answers, as data of the tenant's.

-- A version never changes, so that a conversation can be read as it was led: a change is a new row, and the one before
-- it is retired.
create table flow (
  tenant_id text not null references tenant (id),
  version integer not null check (version > 0),
  enabled boolean not null,
  -- Greeting, questions, hand-off, hours; read by contracts/flow.ts.
  definition jsonb not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (tenant_id, version)
);
-- One of them counts.
create unique index flow_current on flow (tenant_id) where retired_at is null;

-- How a conversation stands, beside the ticket's known fields.
create table flow_state (
  tenant_id text not null,
  ticket_id uuid not null,
  state jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, ticket_id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id) on delete cascade
);

-- A customer's message that the flow has still to look at; written with the message, gone with what is said to it. Its
-- ticket is the message's, as tickets are merged.
create table flow_turn (
  tenant_id text not null,
  message_id uuid not null,
  -- The message's own: turns are taken in this order.
  number bigint not null,
  request_id text,
  primary key (tenant_id, message_id),
  foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
);
create index flow_turn_by_number on flow_turn (number);
