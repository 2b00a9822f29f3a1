-- Several brokers share the instances: each instance is held by one of them, for as long as that one renews its lease.

-- Generations rise over all instances, so that one that is deleted and made again never sees an old one twice.
create sequence broker.lease_generation;

create table broker.instance_lease (
  instance_id text primary key references broker.instance (id) on delete cascade,
  holder text not null,
  -- Where the other brokers reach the holder.
  address text,
  -- Every session write names it and is refused once it is old.
  generation bigint not null default nextval('broker.lease_generation'),
  expires_at timestamptz not null
);

-- The brokers that are there: each aims at its share of the wanted instances.
create table broker.node (
  id text primary key,
  address text,
  expires_at timestamptz not null
);
