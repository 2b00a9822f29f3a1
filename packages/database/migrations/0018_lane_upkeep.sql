-- Lanes of recipients who are not written to any more go one day; only those of use show when they were used.
alter table lane add column used_at timestamptz not null default now();

-- The channel was not there: all of an instance's messages wait for it together, not each for itself.
alter table instance_pace add column away_until timestamptz;
