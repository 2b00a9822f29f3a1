-- Everything that can come in besides messages: receipts, changes of messages, reactions, polls and their votes.

-- Envelopes that are no messages of their own and have had their effect, marked in the effect's transaction: a
-- failed try never blocks the next one.
create table applied_envelope (
  tenant_id text not null references tenant (id),
  envelope_id uuid not null,
  kind text not null,
  applied_at timestamptz not null default now(),
  primary key (tenant_id, envelope_id)
);
create index applied_envelope_by_age on applied_envelope (applied_at);

-- A receipt finds its delivery by WhatsApp's id.
create index delivery_by_provider_id on delivery (tenant_id, instance_id, provider_message_id)
  where provider_message_id is not null;

-- Receipts as they came, one for each person and status; participant is '' where the chat is one person's.
create table message_receipt (
  tenant_id text not null references tenant (id),
  message_id uuid not null,
  participant text not null default '',
  status text not null check (status in ('SENT', 'DELIVERED', 'READ', 'FAILED')),
  error jsonb,
  details jsonb not null default '{}',
  occurred_at timestamptz not null,
  primary key (tenant_id, message_id, participant, status),
  foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
);

-- Receipts that came before the answer of the send that they belong to.
create table early_receipt (
  tenant_id text not null references tenant (id),
  instance_id text not null,
  provider_message_id text not null,
  participant text not null default '',
  status text not null check (status in ('SENT', 'DELIVERED', 'READ', 'FAILED')),
  error jsonb,
  details jsonb not null default '{}',
  occurred_at timestamptz not null,
  received_at timestamptz not null default now(),
  primary key (tenant_id, instance_id, provider_message_id, participant, status)
);
create index early_receipt_by_age on early_receipt (received_at);

-- Changes that came before the message that they change.
create table pending_change (
  tenant_id text not null references tenant (id),
  instance_id text not null,
  target_message_id text not null,
  number bigint not null default nextval('message_number'),
  envelope jsonb not null,
  received_at timestamptz not null default now(),
  primary key (tenant_id, instance_id, target_message_id, number)
);
create index pending_change_by_age on pending_change (received_at);

-- One reaction for each person and message. One that was taken back stays, without its emoji, so that an older one
-- that comes late does not return.
create table message_reaction (
  tenant_id text not null references tenant (id),
  message_id uuid not null,
  reactor text not null,
  emoji text,
  reacted_at timestamptz not null,
  primary key (tenant_id, message_id, reactor),
  foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade
);

-- What votes need to be read. Known by WhatsApp's id alone: votes and the poll may come in any order.
create table poll (
  tenant_id text not null references tenant (id),
  instance_id text not null,
  poll_message_id text not null,
  name text,
  options text[] not null,
  secret bytea,
  created_at timestamptz not null default now(),
  primary key (tenant_id, instance_id, poll_message_id)
);

-- One vote for each person and poll; `encrypted` until the poll's secret is known.
create table poll_vote (
  tenant_id text not null references tenant (id),
  instance_id text not null,
  poll_message_id text not null,
  voter text not null,
  voter_jids text[] not null,
  creator_jids text[] not null,
  encrypted jsonb,
  selected_option_ids text[],
  -- As told in the clear; else the names follow from the poll.
  selected_options text[],
  voted_at timestamptz not null,
  primary key (tenant_id, instance_id, poll_message_id, voter),
  check (encrypted is not null or selected_option_ids is not null)
);

-- Whether `name` was given as a name (by a person, or by the address book) or only copied from the push name.
alter table contact add column named boolean not null default false;
update contact set named = true where name is not null and name is distinct from push_name;
