-- Whoever takes a consent back is told so, once: that message leaves although the consent is gone.
alter table delivery add column policy_exempt boolean not null default false;
