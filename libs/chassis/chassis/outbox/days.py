"""The event log by the day: a table for each, opened ahead, entered in its time, dropped whole.

Whoever reads the log goes by the ids of events, so a day is a range of ids, wide enough never to be
used up: entering one lets the sequence of ids leap to where its range begins. Until then today's
events go on where yesterday's are: a table that is missing stops nobody who writes.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog
from prometheus_client import Gauge

from chassis.background import Pulse, pause
from chassis.database import Database

log = structlog.get_logger()

EVERY_S: Final = 600.0
AHEAD_DAYS: Final = 3
"""So long nobody need come to open one."""

DAY_BITS: Final = 36
"""A day's range of ids is so wide, as `event_day_begins` says."""

MISSING: Final = Gauge(
    "paymesh_event_days_missing", "Of the next three days those without a table in event_log"
)

BOUND: Final = (
    """
alter table event_log drop constraint if exists event_log_until
""",
    """
do $$ begin
    execute format('alter table event_log add constraint event_log_until check (id < %s) not valid',
                   (((now() at time zone 'UTC')::date + 1) - date '1970-01-01')::bigint << 36);
end $$
""",
    "alter table event_log validate constraint event_log_until",
)
"""Before `DIVISION`, each in a transaction of its own: what is there lies before tomorrow's range.
Proven without holding anybody up, so that `DIVISION` need not look."""

DIVISION: Final = """
alter table event_log rename to event_log_before;
alter table event_log_before rename constraint event_log_pkey to event_log_before_pkey;
alter table event_log_before
    rename constraint event_log_event_id_key to event_log_before_event_id_key;
alter index event_log_tenant rename to event_log_before_tenant;
alter index event_log_created rename to event_log_before_created;

-- As before, but that an event's id is not made sure of: it is new, as the ULID that it is.
create table event_log (
    id         bigint primary key default nextval(
                   case when pg_current_xact_id() is not null
                        then 'event_log_id_seq'::regclass end),
    event_id   text not null,
    topic      text not null,
    key        text not null,
    type       text not null,
    tenant     text not null,
    payload    bytea not null,
    created_at timestamptz not null default now()
) partition by range (id);
alter sequence event_log_id_seq owned by event_log.id;
create index event_log_tenant on event_log (tenant, id);
create index event_log_created on event_log using brin (created_at);

-- Who had a right to it has it still, but for deleting: events go by their days.
do $$
declare
    given record;
begin
    if (select relacl from pg_class where oid = 'event_log_before'::regclass) is not null then
        revoke all on event_log from current_user;
    end if;
    for given in
        select privilege_type as what,
               case when grantee = 0 then 'public' else grantee::regrole::text end as whom
        from pg_class, aclexplode(relacl) where oid = 'event_log_before'::regclass
    loop
        execute format('grant %s on event_log to %s', given.what, given.whom);
    end loop;
    revoke update, delete, truncate on event_log, event_log_before from current_user;
end $$;

create function event_day_begins(day date) returns bigint language sql immutable
return (day - date '1970-01-01')::bigint << 36;

create view event_range as
select c.oid::regclass as part,
    coalesce(substring(bound from 'FROM \\(''(\\d+)''\\)')::bigint, 0) as begins,
    substring(bound from 'TO \\(''(\\d+)''\\)')::bigint as ends
from pg_inherits join pg_class c on c.oid = inhrelid,
    pg_get_expr(relpartbound, c.oid) as bound
where inhparent = 'event_log'::regclass;
comment on view event_range is
    'The tables of the days: each holds the events from the id where it begins until it ends.';

do $$ begin
    execute format('alter table event_log attach partition event_log_before
                        for values from (minvalue) to (%s)',
                   event_day_begins((now() at time zone 'UTC')::date + 1));
end $$;
alter table event_log_before drop constraint event_log_until;

create table event_forgotten (
    is_only boolean primary key default true check (is_only),
    upto    bigint not null
);
comment on table event_forgotten is 'The last event that is not kept any more.';
insert into event_forgotten (upto)
select coalesce((select id from event_log l
                 where not exists (select from event_dead d where d.id = l.id)
                 order by id limit 1),
                (select last_value + is_called::int from event_log_id_seq)) - 1;

-- False where it is there already. Nobody who reads or writes waits for it.
create function open_event_day(day date) returns boolean
language plpgsql set lock_timeout = '1s' as $$
declare
    named text := to_char(day, '"event_log_"YYYYMMDD');
begin
    perform pg_advisory_xact_lock(x'0e7da'::int);
    if exists (select from event_range
               where begins <= event_day_begins(day) and ends > event_day_begins(day)) then
        return false;
    end if;
    execute format('create table %I (like event_log including indexes)', named);
    execute format('revoke update, delete, truncate on %I from current_user', named);
    execute format('alter table event_log attach partition %I for values from (%s) to (%s)',
                   named, event_day_begins(day), event_day_begins(day + 1));
    return true;
end $$;

-- Whether ids leap to that day now: never back, only to a table that is there, and only where
-- something was written since the last leap. Writers are waited for, and wait: one that began
-- before the table was there does not know it.
create function enter_event_day(day date) returns boolean
language plpgsql set lock_timeout = '200ms' as $$
declare
    target bigint := event_day_begins(day);
    latest bigint;
begin
    if target <= (select last_value from event_log_id_seq) then
        return false;
    end if;
    lock table only event_log in share row exclusive mode;
    select last_value into latest from event_log_id_seq;
    if latest >= target
        or not exists (select from event_range where begins = target)
        or not exists (select from event_log where id <= latest and id >= (
            select max(begins) from event_range where begins <= latest))
    then
        return false;
    end if;
    perform setval('event_log_id_seq', target, false);
    return true;
end $$;

-- Whether nobody needs the events of a range any more: it was left, or never entered, its youngest
-- is older, and none is pending or dead.
create function event_range_is_over(one event_range, before timestamptz) returns boolean
language plpgsql as $$
declare
    latest bigint := (select last_value from event_log_id_seq);
begin
    return (one.ends <= latest
            or one.begins > latest
               and one.ends <= event_day_begins((before at time zone 'UTC')::date))
        and coalesce((select created_at from event_log where id >= one.begins and id < one.ends
                      order by id desc limit 1) < before, true)
        and not exists (select from event_pending where id >= one.begins and id < one.ends)
        and not exists (select from event_dead where id >= one.begins and id < one.ends);
end $$;

-- Drop the oldest range whose events are all older; null where there is none.
create function drop_event_range(before timestamptz) returns text
language plpgsql set lock_timeout = '1s' as $$
declare
    one event_range;
    named text;
    last_one bigint;
begin
    select * into one from event_range r where event_range_is_over(r, before)
    order by begins limit 1;
    if not found then
        return null;
    end if;
    named := one.part::text;
    lock table only event_log in access exclusive mode;
    if to_regclass(named) is null or not event_range_is_over(one, before) then
        return null;
    end if;
    select max(id) into last_one from event_log where id >= one.begins and id < one.ends;
    update event_forgotten set upto = greatest(upto, last_one);
    execute format('drop table %s', named);
    return named;
end $$;

select open_event_day((now() at time zone 'UTC')::date + ahead) from generate_series(1, 3) as ahead;
"""
"""DDL for a service's later migration, of a log that was made by `SCHEMA`; after `BOUND`."""


def day_of(place: int) -> str:
    """SQL that is true of the events of one day, that of the event with this id. It has the numbers
    in it, so that a plan that is kept knows one table of the log, however many there are."""
    begins = place >> DAY_BITS << DAY_BITS
    return f"id >= {begins} and id < {begins + (1 << DAY_BITS)}"


class Days:
    """Opens the days of the log ahead, enters today's, and drops those whose events are all older
    than `keep`, but for what is pending or dead. Every replica may run one."""

    def __init__(self, db: Database, keep: timedelta) -> None:
        self.pulse = Pulse()
        self._db = db
        self._keep = keep
        self._done_at = time.monotonic()
        self._opened = datetime.now(UTC).date()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`, with twice `EVERY_S` to stall."""
        while not stop.is_set():
            self.pulse.beat()
            try:
                await self.attend(datetime.now(UTC))
            except asyncpg.LockNotAvailableError as error:  # told by `behind_s`
                log.warning("outbox.days_postponed", reason=repr(error))
            finally:
                MISSING.set(max(0, AHEAD_DAYS - (self._opened - datetime.now(UTC).date()).days))
            await pause(stop, EVERY_S)

    def behind_s(self) -> float:
        """How long ago all was done that was to be done."""
        return time.monotonic() - self._done_at

    async def attend(self, now: datetime) -> None:
        """All that is to be done at that moment, each step in a transaction of its own."""
        today, before = now.astimezone(UTC).date(), now - self._keep
        async with self._db.connection() as connection:
            for ahead in range(AHEAD_DAYS + 1):
                day = today + timedelta(days=ahead)
                await connection.execute(_OPEN, day)
                self._opened = max(self._opened, day)
            if await connection.fetchval(_ENTER, today):
                log.info("outbox.day_entered", day=today.isoformat())
            while dropped := await connection.fetchval(_DROP, before):
                log.info("outbox.day_dropped", table=dropped)
                self.pulse.beat()
        self._done_at = time.monotonic()


_OPEN = "select open_event_day($1)"

_ENTER = "select enter_event_day($1)"

_DROP = "select drop_event_range($1)"
