-- Who may do what. Everything else hangs below a tenant.

create table tenant (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  name text not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

-- Found by the hash of the secret, before the tenant is known: its primary key cannot start with the tenant.
create table api_key (
  id uuid primary key,
  tenant_id text not null references tenant (id),
  name text not null,
  secret_hash bytea not null unique,
  scopes text[] not null check (scopes <@ array['read', 'send', 'webhook', 'gateway', 'admin']),
  user_id text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_key_by_tenant on api_key (tenant_id, created_at);

-- One identity everywhere (API, broker, webhook), so the id is unique over all tenants: a webhook names only it.
create table instance (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  tenant_id text not null references tenant (id),
  name text not null,
  status text not null default 'created'
    check (status in ('created', 'connecting', 'connected', 'disconnected', 'logged_out')),
  connected boolean not null default false,
  phone text,
  lid text,
  reason text,
  aliases text[] not null default '{}',
  settings jsonb not null default '{}',
  -- When WhatsApp's state was read: an older report never undoes a newer one.
  status_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, id)
);
create index instance_by_alias on instance using gin (aliases);
