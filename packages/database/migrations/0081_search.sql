-- Which words messages and contacts hold. Beside their tables: an index on message would be written anew with every
-- receipt, and the words are read off its way, by a worker, from the event log.
create sequence search_number;

-- How far each tenant's log has been read. Its number, and that of a run of messages, stand before each word: the words of
-- a run have index entries of their own, so that the newest hits of any word are found by looking at one run after the
-- other, whatever else the tenant or others have.
create table search_cursor (
  tenant_id text primary key references tenant (id),
  number bigint not null default nextval('search_number'),
  seq bigint not null,
  -- The place of the newest message.
  newest bigint not null default 0
);
insert into search_cursor (tenant_id, seq) select tenant_id, last_seq from event_counter;

create table message_search (
  tenant_id text not null,
  message_id uuid not null,
  -- Later messages have higher ones. Null until the words are first read.
  place bigint,
  -- Null: to be read (again).
  words tsvector,
  primary key (tenant_id, message_id)
);
insert into message_search (tenant_id, message_id, place)
  select tenant_id, id, row_number() over (partition by tenant_id order by number)
  from message where text is not null;
alter table message_search
  add foreign key (tenant_id, message_id) references message (tenant_id, id) on delete cascade;
update search_cursor set newest = filled.newest
  from (select tenant_id, max(place) as newest from message_search group by 1) filled
  where search_cursor.tenant_id = filled.tenant_id;
-- Without a pending list, which every look at the index would have to read whole.
create index message_search_by_word on message_search using gin (words) with (fastupdate = off);
create index message_search_unread on message_search (tenant_id, place) where words is null;

create table contact_search (
  tenant_id text not null,
  contact_id uuid not null,
  words tsvector,
  primary key (tenant_id, contact_id),
  foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete cascade
);
insert into contact_search (tenant_id, contact_id) select tenant_id, id from contact;
create index contact_search_by_word on contact_search using gin (words) with (fastupdate = off);
create index contact_search_unread on contact_search (tenant_id) where words is null;

-- Whoever changes a text, or a name: it is not found by its old words from that moment on.
create function forget_message_words() returns trigger language plpgsql as $$
begin
  insert into message_search (tenant_id, message_id) values (new.tenant_id, new.id)
  on conflict (tenant_id, message_id) do update set words = null;
  return null;
end
$$;
create trigger message_words after update of text on message
  for each row when (old.text is distinct from new.text) execute function forget_message_words();

create function forget_contact_words() returns trigger language plpgsql as $$
begin
  insert into contact_search (tenant_id, contact_id) values (new.tenant_id, new.id)
  on conflict (tenant_id, contact_id) do update set words = null;
  return null;
end
$$;
create trigger contact_words after insert on contact
  for each row execute function forget_contact_words();
create trigger contact_words_anew after update of given_name, told_name, push_name, phone on contact
  for each row when ((old.given_name, old.told_name, old.push_name, old.phone)
    is distinct from (new.given_name, new.told_name, new.push_name, new.phone))
  execute function forget_contact_words();

-- The newest messages below a place that match, run by run. `the_query` has `{}` for what stands before each word.
create function find_messages(the_tenant text, the_query text, below bigint, places_a_run bigint, wanted integer)
returns table (message_id uuid, place bigint) language plpgsql stable rows 50 as $$
declare
  the_cursor search_cursor;
  the_run bigint;
  run_query tsquery;
  found_here integer;
begin
  select * into the_cursor from search_cursor where tenant_id = the_tenant;
  if the_cursor is null then return; end if;
  for the_run in reverse least(below - 1, the_cursor.newest) / places_a_run .. 0 loop
    run_query := replace(the_query, '{}', the_cursor.number || '.' || the_run)::tsquery;
    -- `offset 0`: all hits of the run by its words first, which are few; sorted after that.
    return query
      select hit.message_id, hit.place from (
        select s.message_id, s.place from message_search s
        where s.words @@ run_query and s.tenant_id = the_tenant and s.place < below offset 0
      ) hit
      order by hit.place desc limit wanted;
    get diagnostics found_here = row_count;
    wanted := wanted - found_here;
    exit when wanted <= 0;
  end loop;
end
$$;
