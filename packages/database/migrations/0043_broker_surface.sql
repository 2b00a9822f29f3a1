-- How a broker treats one instance, and what WhatsApp said of phone numbers: asked again and again, it would take us
-- for somebody who collects them.

alter table broker.instance add column settings jsonb not null default '{}';

create table broker.recipient (
  instance_id text not null references broker.instance (id) on delete cascade,
  -- The number as it was asked for.
  digits text not null,
  is_on_whatsapp boolean not null,
  -- As WhatsApp addresses it, which may be another number.
  jid text,
  lid text,
  checked_at timestamptz not null default now(),
  primary key (instance_id, digits)
);
create index recipient_by_age on broker.recipient (instance_id, checked_at);

-- Whether a code to scan is shown: its end is told, too.
alter table instance add column qr_available boolean not null default false;
