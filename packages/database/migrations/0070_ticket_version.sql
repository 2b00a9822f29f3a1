-- Counts what people change of a ticket (status, assignee, queue): two who change it at once find out. Messages change it
-- without it, as they make nobody's view of these stale.
alter table ticket add column version integer not null default 1;
