-- An instance speaks to WhatsApp by a linked phone (baileys), or by Meta's Cloud API.

alter table instance
  add column transport text not null default 'baileys' check (transport in ('baileys', 'cloud')),
  -- Meta's name of the number: a webhook names nothing else, so it is unique over all tenants.
  add column cloud_phone_number_id text unique check (cloud_phone_number_id ~ '^[0-9]{1,32}$'),
  -- App secrets and tokens, sealed by the API.
  add column cloud_credentials bytea,
  add check ((transport = 'cloud') = (cloud_phone_number_id is not null)),
  add check ((transport = 'cloud') = (cloud_credentials is not null));
