-- A worker tells this one just now, until `next_attempt_at`: of one instance, only so many are told at a time.
alter table read_mark add column claimed boolean not null default false;
create index read_mark_claimed on read_mark (tenant_id, instance_id) where claimed;
