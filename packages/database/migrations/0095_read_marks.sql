-- What operators have read and WhatsApp is still to be told: a row is the work that is left, and goes when it is done.
create table read_mark (
  tenant_id text not null references tenant (id),
  ticket_id uuid not null,
  instance_id text not null,
  -- Numbers of messages, both of them included: what was unread. Reading more before it is told widens the same row.
  from_number bigint not null,
  to_number bigint not null,
  -- Of the last reading: a day after it, nobody is told any more.
  read_at timestamptz not null default now(),
  -- Which try has the row: one that was overtaken settles nothing.
  attempts integer not null default 0,
  -- While it is claimed, this is the claim's end.
  next_attempt_at timestamptz not null default now(),
  primary key (tenant_id, ticket_id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id) on delete cascade,
  foreign key (tenant_id, instance_id) references instance (tenant_id, id),
  check (from_number <= to_number)
);
create index read_mark_due on read_mark (next_attempt_at);

-- When typing was last shown in a ticket: several workers hear of it, and one of them shows it. Lost in a crash, as
-- nothing depends on it.
create unlogged table typing_shown (
  tenant_id text not null,
  ticket_id uuid not null,
  shown_at timestamptz not null default now(),
  primary key (tenant_id, ticket_id)
);
