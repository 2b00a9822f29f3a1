-- Messages are looked for by what they belong to, and failed ones are tried again by hand.

-- Each retry by hand is a generation: attempts are counted anew in it, and the old ones stay. The key that a message
-- goes out under has its own: it stays where nobody knows whether the message left.
alter table delivery add column key_generation integer not null default 0;
update delivery set key_generation = generation;

-- Lists are read newest first by id, which grows with time.
create index delivery_by_dossier on delivery (tenant_id, dossier_id, id) where dossier_id is not null;
create index delivery_by_recipient on delivery (tenant_id, recipient, id);
-- Only the states that are rare: to keep all of them would be work for every message that is sent, and the others are
-- found soon among the newest, or in the index of what is open.
create index delivery_ended on delivery (tenant_id, state, id) where state in ('FAILED', 'CANCELLED');
-- What ended in a time: rows lie by time, so blocks are enough, and cost next to nothing to keep.
create index delivery_by_end on delivery using brin (settled_at) with (pages_per_range = 16, autosummarize = on);
