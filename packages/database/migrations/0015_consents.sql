-- Whether a contact may be written to, and for what. Rows are never changed: what was agreed to, and when, must be
-- told years later.

create table consent (
  tenant_id text not null references tenant (id),
  id uuid not null,
  contact_id uuid not null,
  purpose text not null check (purpose in ('service', 'marketing')),
  status text not null check (status in ('granted', 'denied')),
  -- Where it was said: a form, a chat, a phone call.
  source text not null,
  -- When it was said, which may be long before it was recorded.
  at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, contact_id) references contact (tenant_id, id)
);
-- The newest rules.
create index consent_newest on consent (tenant_id, contact_id, purpose, at desc, id desc);
