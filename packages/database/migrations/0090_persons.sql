-- What a person wrote in groups is found by who wrote it: by the person's jids, when the person asks what is held.
create index message_by_participant on message (tenant_id, (metadata ->> 'participantJid'), number)
  where metadata ->> 'participantJid' is not null;
