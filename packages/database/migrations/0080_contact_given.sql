-- What people write of a contact stands before what brokers and customers tell of it, and taken away it lets that show
-- again: both are kept, and what is shown is always made of the two.
alter table contact rename column name to told_name;
alter table contact rename column document to told_document;
alter table contact rename column registrations to told_registrations;
alter table contact
  add column given_name text,
  add column given_document text,
  add column given_registrations text[],
  -- Counts what people change, as a ticket's does; what is told leaves it.
  add column version integer not null default 1;
alter table contact
  add column name text generated always as (coalesce(given_name, told_name)) stored,
  add column document text generated always as (coalesce(given_document, told_document)) stored,
  add column registrations text[] not null
    generated always as (coalesce(given_registrations, told_registrations)) stored;
