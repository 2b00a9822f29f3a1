-- The uploads that were brought for a ticket, newest first.
create index upload_of_ticket on upload (tenant_id, ticket_id, id) where ticket_id is not null;
