alter table contact_erasure
  -- A contact may go into another one while a worker has its row.
  drop constraint contact_erasure_tenant_id_contact_id_fkey,
  add foreign key (tenant_id) references tenant (id),
  -- Uploads that were let go of: it is not done before their bytes are.
  add column uploads uuid[] not null default '{}',
  -- Tries in a row that came to an error: each is waited for longer.
  add column failures integer not null default 0;

-- Which contacts went into one: its erasure looks for what the log tells of them.
create index event_contact_merged on event (tenant_id, contact_id) where type = 'contact.merged';
