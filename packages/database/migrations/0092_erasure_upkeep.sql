alter table contact_erasure
  -- Uploads that were let go of: it is not done before their bytes are.
  add column uploads uuid[] not null default '{}',
  -- Tries in a row that came to an error: each is waited for longer.
  add column failures integer not null default 0;

-- Which contacts went into one: its erasure looks for what the log tells of them.
create index event_contact_merged on event (tenant_id, contact_id) where type = 'contact.merged';
