-- What our side reacted is a message of its own; the message that it is to shows it, too.
create index message_own_reaction on message (tenant_id, instance_id, (content #>> '{target,providerMessageId}'))
  where type = 'reaction' and direction = 'outbound';
