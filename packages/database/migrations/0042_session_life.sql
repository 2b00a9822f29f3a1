-- What a session must remember of itself over a restart of its broker.

alter table broker.instance
  -- WhatsApp said that the session is logged out. What is kept of it stays until the next link replaces it.
  add column relink boolean not null default false,
  -- A person logged it out: carried out as soon as WhatsApp can be reached, for then the phone forgets it, too.
  add column logout_requested_at timestamptz,
  -- When its Signal sessions were last made anew, because WhatsApp called the session bad.
  add column keys_reset_at timestamptz;
