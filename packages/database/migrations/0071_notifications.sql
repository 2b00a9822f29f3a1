-- What somebody should look at. Made from the event log and from how instances stand, never on a message's way.
create table notification (
  tenant_id text not null references tenant (id),
  id uuid not null,
  type text not null
    check (type in ('ticket_unassigned', 'message_failed', 'instance_disconnected', 'instance_gap')),
  -- What it was made of: the same is told once, whoever looks again.
  source text not null,
  ticket_id uuid,
  message_id uuid,
  instance_id text,
  title text not null,
  body text not null,
  read_at timestamptz,
  -- Hidden until then.
  snoozed_until timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, source),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id) on delete cascade
);
-- While one is unread, the next one of its kind says nothing new: a campaign that fails is one line.
create unique index notification_unread on notification (tenant_id, type, coalesce(ticket_id::text, instance_id))
  where read_at is null;
create index notification_snoozed on notification (snoozed_until) where snoozed_until is not null;
create index notification_read on notification (read_at) where read_at is not null;

-- How far each tenant's log has been looked through. Before this there were no notifications: they begin now.
create table notification_cursor (
  tenant_id text primary key references tenant (id),
  seq bigint not null
);
insert into notification_cursor select tenant_id, last_seq from event_counter;
