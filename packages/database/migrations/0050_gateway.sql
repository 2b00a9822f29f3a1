-- How an instance's messages leave: by a broker that we call, or by one that calls us and takes them.
alter table instance
  add column delivery text not null default 'push' check (delivery in ('push', 'pull'));

-- One for all tenants: the numbers that a tenant sees rise, with holes.
create sequence gateway_seq;

-- To whom a message was offered last, under which number. What became of it stands in its delivery alone.
create table gateway_offer (
  tenant_id text not null,
  delivery_id uuid not null,
  seq bigint not null,
  key_id uuid not null,
  -- Whose attempt the offer is: it is open while the delivery is SENDING in this one.
  generation integer not null,
  attempt integer not null,
  key_generation integer not null,
  probe boolean not null,
  -- The newest offer that was acknowledged, of those that go out under the same idempotency key.
  acked_seq bigint,
  offered_at timestamptz not null default now(),
  primary key (tenant_id, delivery_id),
  foreign key (tenant_id, delivery_id) references delivery (tenant_id, id) on delete cascade
);

-- The stream that a key's share of an instance goes to. A newer one takes its place: the older may hang on a
-- connection that nobody reads.
create table gateway_reader (
  tenant_id text not null,
  instance_id text not null,
  key_id uuid not null,
  stream_id uuid not null,
  opened_at timestamptz not null default now(),
  primary key (tenant_id, instance_id, key_id),
  foreign key (tenant_id, instance_id) references instance (tenant_id, id) on delete cascade
);
