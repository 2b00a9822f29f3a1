-- In the order in which tickets are listed: one that nobody has written in stands where it was made.
drop index ticket_by_activity;
create index ticket_by_activity on ticket (tenant_id, (coalesce(last_message_at, created_at)) desc, id);
