-- Files of messages. The message tells how its file stands; a row of media_download is the work that is left.

alter table message
  -- contracts/media.ts; null where the message has no file.
  add column media jsonb check (media is null or coalesce(media ->> 'state', '') in ('pending', 'ready', 'failed'));

create table media_download (
  tenant_id text not null references tenant (id),
  message_id uuid not null,
  instance_id text not null,
  -- A revoked message's bytes go, and only after a fetch that is under way: therefore both are one row. No foreign
  -- key to the message, as what is deleted may have none.
  act text not null default 'fetch' check (act in ('fetch', 'delete')),
  attempts integer not null default 0 check (attempts >= 0),
  -- While it is claimed, this is the claim's end: one index finds what is due, also what a dead worker left.
  next_attempt_at timestamptz not null default now(),
  claimed_until timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, message_id),
  foreign key (tenant_id, instance_id) references instance (tenant_id, id)
);
create index media_download_due on media_download (tenant_id, instance_id, next_attempt_at);
create index media_download_claimed on media_download (tenant_id, instance_id, claimed_until)
  where claimed_until is not null;
