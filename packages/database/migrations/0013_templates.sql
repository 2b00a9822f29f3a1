-- What a tenant says again and again, by code and language. A version never changes, so that what was sent can be
-- read as it was: a change is a new row, and the one before it is retired.

create table template (
  tenant_id text not null references tenant (id),
  code text not null check (code ~ '^[a-z0-9][a-z0-9_]{0,199}$'),
  language text not null check (language ~ '^[a-z]{2,3}(_([A-Z]{2}|[0-9]{3}))?$'),
  version integer not null check (version > 0),
  -- Body, header, footer, buttons, variables, and the name at Meta; read by contracts/template.ts.
  definition jsonb not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  primary key (tenant_id, code, language, version)
);
-- One of them counts.
create unique index template_current on template (tenant_id, code, language) where retired_at is null;
