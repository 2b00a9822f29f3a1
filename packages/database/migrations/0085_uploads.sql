-- Files that are brought before they are sent. The row is there before the first byte and goes after the last one, so
-- that no bytes lie in the storage of which nobody knows.
create table upload (
  tenant_id text not null references tenant (id),
  id uuid not null,
  -- writing: its bytes are on their way. deleting: they are to go, and no message may take it any more.
  state text not null default 'writing' check (state in ('writing', 'ready', 'deleting')),
  type text check (type in ('image', 'video', 'audio', 'document', 'sticker')),
  -- What was found in the bytes.
  media_type text,
  size bigint,
  sha256 text,
  file_name text,
  caption text,
  -- For which it was brought. No foreign keys: contacts are joined, and then the row is pointed anew.
  ticket_id uuid,
  contact_id uuid,
  created_by text not null,
  created_at timestamptz not null default now(),
  -- Then it goes, unless a message has it.
  expires_at timestamptz not null,
  -- The last time that a message took it.
  sent_at timestamptz,
  primary key (tenant_id, id),
  check (state <> 'ready' or (type is not null and media_type is not null and size is not null and sha256 is not null))
);
create index upload_over on upload (expires_at);
create index upload_of_contact on upload (tenant_id, contact_id) where contact_id is not null;

-- The upload that is a message's file. A message that was revoked has no media, and holds no upload.
alter table message add column upload_id uuid;
create index message_upload on message (tenant_id, upload_id) where upload_id is not null;
