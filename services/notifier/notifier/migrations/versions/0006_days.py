"""Deliveries and attempts by the day of their event, so that old days can be dropped whole."""

from chassis.migrations import execute

revision = "0006"
down_revision = "0005"

TABLES = """
alter table delivery rename to delivery_before;
alter table attempt rename to attempt_before;
alter table due drop constraint due_delivery_id_fkey;
alter table delivery_before drop constraint delivery_pkey;
alter table delivery_before drop constraint delivery_event_id_lane_id_key;
alter table attempt_before drop constraint attempt_pkey;
drop index delivery_app, delivery_undelivered, delivery_replayed;

-- One event to be told at one address. Written once; what became of it, `delivery_state` tells.
-- `day` is in the event's id, so an event that comes again meets itself.
create sequence delivery_id_seq;
create table delivery (
    delivery_id bigint not null default nextval('delivery_id_seq'),
    day         date not null,
    event_id    text not null,
    lane_id     bigint not null,      -- of a `lane`; those are never removed
    app_id      text not null,
    type        text not null,
    notify_url  text,                 -- given with the call; null: the app's own, as it is then
    body        bytea not null,       -- the exact bytes, the same on every try
    happened_at timestamptz not null,
    created_at  timestamptz not null default now(),
    primary key (delivery_id, day),
    unique (event_id, lane_id, day)
) partition by range (day);
alter sequence delivery_id_seq owned by delivery.delivery_id;
create index delivery_app on delivery (app_id, delivery_id);
create index delivery_replayed on delivery (app_id, created_at, delivery_id);

create table attempt (
    delivery_id bigint not null,
    day         date not null,        -- of the delivery, with which it goes
    started_at  timestamptz not null,
    url         text not null,
    status      integer,
    error       text,
    latency_ms  integer not null,
    answer      text,
    private     boolean not null,     -- from a private network: not shown to the app if it failed
    primary key (delivery_id, started_at, day)
) partition by range (day);

-- Of days that have no table: too far ahead, not in the id, or dropped while something was open.
create table delivery_undated partition of delivery default;
create table attempt_undated partition of attempt default;

-- Deliveries whose tries all failed; here until they are sent again.
create table exhausted (
    delivery_id  bigint primary key,
    day          date not null,
    app_id       text not null,
    exhausted_at timestamptz not null default now()
);
create index exhausted_app on exhausted (app_id, delivery_id);

alter table due drop constraint due_pkey, add column day date;
"""

DAYS = """
-- Whether the day is new. Writers wait meanwhile: one that had begun would put its rows among the
-- undated, where they must not be any more.
create function open_day(one date) returns boolean language plpgsql as $$
declare
    suffix text := to_char(one, '_YYYYMMDD');
    parent text;
begin
    if to_regclass('delivery' || suffix) is not null then
        return false;
    end if;
    lock table only delivery, only attempt in share row exclusive mode;
    foreach parent in array array['delivery', 'attempt'] loop
        execute format('create table %I (like %I including all)', parent || suffix, parent);
        execute format('with moved as (delete from %I where day = %L returning *)
                        insert into %I select * from moved',
                       parent || '_undated', one, parent || suffix);
        execute format('alter table %I attach partition %I for values from (%L) to (%L)',
                       parent, parent || suffix, one, one + 1);
    end loop;
    return true;
end $$;

-- Drop a day; what is pending or exhausted goes to the undated. False, and nothing happens, where
-- that is more than `most`, or there is no such day.
create function drop_day(one date, most integer) returns boolean language plpgsql as $$
declare
    suffix text := to_char(one, '_YYYYMMDD');
    parent text;
    kept bigint[];
begin
    if to_regclass('delivery' || suffix) is null then
        return false;
    end if;
    lock table only delivery, only attempt in access exclusive mode;
    kept := array(select delivery_id from due where day = one
                  union select delivery_id from exhausted where day = one limit most + 1);
    if cardinality(kept) > most then
        return false;
    end if;
    foreach parent in array array['delivery', 'attempt'] loop
        execute format('alter table %I detach partition %I', parent, parent || suffix);
        execute format('insert into %I select * from %I where delivery_id = any($1)',
                       parent || '_undated', parent || suffix) using kept;
        execute format('drop table %I', parent || suffix);
    end loop;
    return true;
end $$;
"""

# The first ten of a ULID's digits are the milliseconds; an id without them is told at no day.
DATA = """
set local time zone 'UTC';

create function pg_temp.day_of(event_id text) returns date language sql as $$
    select case when event_id !~ '^E[0-7][0-9A-HJKMNP-TV-Z]{25}$' then date '1970-01-01' else (
        select (timestamp 'epoch' + make_interval(secs => sum(
            (strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substr(event_id, place + 1, 1)) - 1)
            * 32::numeric ^ (10 - place))::float8 / 1000))::date
        from generate_series(1, 10) as place) end
$$;

create temporary table dated on commit drop as
select delivery_id, pg_temp.day_of(event_id) as day from delivery_before;
create unique index on dated (delivery_id);
analyze dated;

select open_day(day) from (
    select distinct day from dated where day between date '2000-01-01' and now()::date + 7
    union select now()::date + ahead from generate_series(0, 7) as ahead);

insert into delivery
select delivery_id, day, event_id, lane_id, app_id, type, notify_url, body, happened_at, created_at
from delivery_before join dated using (delivery_id);
insert into attempt
select delivery_id, day, started_at, url, status, error, latency_ms, answer, private
from attempt_before join dated using (delivery_id);
insert into exhausted
select delivery_id, day, app_id, settled_at
from delivery_before join dated using (delivery_id) where state = 'exhausted';
update due set day = dated.day from dated where due.delivery_id = dated.delivery_id;
select setval('delivery_id_seq', (select coalesce(max(delivery_id), 0) + 1 from delivery), false);
drop table delivery_before, attempt_before;
"""

# What is pending of a lane can be listed, and each is found by what its claim knows. A lane where
# nothing waits is in neither of its indexes, so that counting its claims writes its row alone.
QUEUE = """
drop index lane_fresh, lane_retry;
create index lane_fresh on lane (fresh_at) where fresh_at is not null;
create index lane_retry on lane (retry_at) where retry_at is not null;
create index lane_open on lane (lane_id) where trips > 0;

alter table due alter column day set not null, add primary key (lane_id, delivery_id);

create view delivery_state as
select delivery.*, case when due.delivery_id is not null then 'pending'
                        when exhausted.delivery_id is not null then 'exhausted'
                        else 'delivered' end as state
from delivery
left join due on due.lane_id = delivery.lane_id and due.delivery_id = delivery.delivery_id
left join exhausted on exhausted.delivery_id = delivery.delivery_id;
"""


def upgrade() -> None:
    for script in (TABLES, DAYS, DATA, QUEUE):
        execute(script)
