-- What was looked at and stays is not looked at again for a while, however many of them there are.
alter table upload add column look_after timestamptz;
drop index upload_over;
create index upload_over on upload (greatest(expires_at, look_after));
