-- Lanes of recipients who are not written to any more go one day; only those of use show when they were used.
alter table lane add column used_at timestamptz not null default now();

-- The channel was not there: all of an instance's messages wait for it together, not each for itself.
alter table instance_pace add column away_until timestamptz;

-- A claim goes on behind the lane at which the last one ended, also among lanes that were readied at one moment.
drop index lane_ready;
create index lane_ready on lane (tenant_id, instance_id, rank, ready_at, lane) where ready_at is not null;
