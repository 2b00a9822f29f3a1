-- No message is receipted before it is committed with the Signal keys that its decryption changed. A row is one
-- ciphertext that was opened: it answers a redelivery, which Signal cannot open twice, and makes the journal's entry
-- when the process died before it.
create table broker.opened_message (
  instance_id text not null references broker.instance (id) on delete cascade,
  number bigint generated always as identity,
  -- sha256 of the ciphertext: a redelivery brings the same bytes, a sender who sends again brings others.
  ciphertext_hash bytea not null,
  -- sha256 of the message's key: the ciphertexts of one message belong together.
  message_hash bytea not null,
  -- The plaintext and the stanza around it, sealed with SESSION_ENCRYPTION_KEY.
  sealed bytea not null,
  created_at timestamptz not null default now(),
  -- Set in the transaction that writes the journal's entry, or decides that there is none to write.
  settled_at timestamptz,
  primary key (instance_id, ciphertext_hash)
);
create index opened_message_open on broker.opened_message (instance_id, message_hash) where settled_at is null;
create index opened_message_settled on broker.opened_message (settled_at) where settled_at is not null;
