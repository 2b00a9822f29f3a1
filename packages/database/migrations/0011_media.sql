-- What is known of a message's file; its bytes are in the storage.
alter table message add column media jsonb;
