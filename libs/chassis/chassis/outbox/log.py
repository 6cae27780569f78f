"""The tables of the outbox: writing events with a change, listing them, publishing them again."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import asyncpg

from chassis.database import Database, Tx
from chassis.problems import Overloaded
from chassis.replica import Reader

SHARDS = 16

SETTLE_LIMIT_S = 1.0  # How long `list_since` waits for transactions that may hold earlier events.
SETTLE_POLL_S = 0.005
REPUBLISH_PAGE = 5_000

# The id's default asks for the transaction id first, so that a writer has one before it takes an
# event id: `list_since` relies on it.
SCHEMA = """
create sequence event_log_id_seq;
create table event_log (
    id         bigint primary key default nextval(
                   case when pg_current_xact_id() is not null
                        then 'event_log_id_seq'::regclass end),
    event_id   text not null unique,
    topic      text not null,
    key        text not null,
    type       text not null,
    tenant     text not null,
    payload    bytea not null,
    created_at timestamptz not null default now()
);
alter sequence event_log_id_seq owned by event_log.id;
create index event_log_tenant on event_log (tenant, id);
create index event_log_created on event_log using brin (created_at);
create table event_pending (
    id    bigint primary key,
    shard smallint not null,
    since timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0);
create table event_dead (
    id        bigint primary key,
    error     text not null,
    failed_at timestamptz not null default now()
);
"""
"""DDL for a service's first migration (several statements: run it with `migrations.execute`)."""

PENDING_SINCE = """
alter table event_pending add column if not exists since timestamptz not null default now();
"""
"""DDL for databases whose table is from before: since when an event waits, which is later than
its own time where it is published again."""


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One event; `payload` is the whole CloudEvents JSON.

    Events of one `key` are published in the order of their ids. `tenant` is who may list the
    event with `list_since`; "" for nobody.
    """

    event_id: str
    topic: str
    key: str
    type: str
    tenant: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as `list_since` returns it; `position` is the cursor to go on after."""

    position: int
    event: OutboxEvent
    created_at: datetime


class PositionForgotten(Exception):
    """Events behind this position are not kept any more; `oldest` is the first that can be read
    after without leaving one out."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"events up to {oldest} are not kept any more")
        self.oldest = oldest


def shard_of(key: str) -> int:
    """The shard of a key, for callers that write both tables in their own single statement."""
    return crc32(key.encode()) % SHARDS


async def put(tx: Tx, events: Sequence[OutboxEvent]) -> None:
    """Write events in the caller's transaction, in one statement.

    Call it while holding the lock on the thing the events are about: then the ids of one key
    rise in the order of the commits. After the commit, `Relay.wake()`.
    """
    if not events:
        return
    await tx.execute(_PUT, [_head(event) for event in events], [e.payload for e in events])


async def list_since(
    db: Database, tenant: str, after: int, limit: int, *, reader: Reader | None = None
) -> list[LoggedEvent]:
    """The tenant's events after a position, at most `limit`, in order, none ever left out.

    Transactions commit in another order than they took their event ids, so an event may appear
    behind a reader who has passed its place. Hence a page is handed out only when every
    transaction that could hold an earlier id has ended: ids are taken by transactions that have
    an xid already (see `SCHEMA`), so all that took a smaller id than one we see have smaller xids
    than one we draw now, and they have ended when no running xid is below ours. This is waited
    for up to 1 s; then the answer is empty and the caller asks again with the same `after`.

    All that is judged by the database itself; only then the page is read, by `reader` where one is
    given: from a replica that has applied all that had been written by then, so that its lag leaves
    nothing out.

    Raises PositionForgotten where `after` lies before what is kept; 0 is always the oldest kept.
    For a log that is kept by the day.
    """
    async with db.connection() as connection:
        row = await connection.fetchrow(_NEWEST, tenant, after, limit)
        newest, xid, forgotten = row or (None, None, None)
        if forgotten is not None and after < forgotten:
            raise PositionForgotten(forgotten)
        if newest is None:
            return []
        is_read_here = reader is None or not reader.has_replica
        settled, parameters = (
            (_SETTLED, (tenant, after, newest, xid, limit)) if is_read_here else (_SETTLING, (xid,))
        )
        rows = await _when_settled(connection, settled, *parameters)
    if rows and reader is not None and not is_read_here:
        async with reader.current() as replica:
            rows = await replica.fetch(_PAGE, tenant, after, newest, limit)
    return [_logged(row) for row in rows]


async def list_topic(db: Database, topic: str, after: int, limit: int) -> list[LoggedEvent]:
    """The topic's events of all tenants after a position, as `list_since` lists those of one; 0 is
    always the oldest kept, and what is not kept any more is left out without a word. Raises
    Overloaded where writers that may hold earlier places take too long."""
    async with db.connection() as connection:
        row = await connection.fetchrow(_NEWEST_OF_TOPIC, topic, after, limit)
        newest, xid = row or (None, None)
        if newest is None:
            return []
        rows = await _when_settled(connection, _SETTLED_OF_TOPIC, topic, after, newest, xid, limit)
    if not rows:
        raise Overloaded("Writers of earlier events are not done yet.", retry_after_s=1)
    return [_logged(row) for row in rows]


async def _when_settled(tx: Tx, statement: str, *parameters: object) -> list[asyncpg.Record]:
    """What it finds once nothing can appear in it any more; none where that takes too long."""
    give_up_at = time.monotonic() + SETTLE_LIMIT_S
    while True:
        rows: list[asyncpg.Record] = await tx.fetch(statement, *parameters)
        if rows or time.monotonic() > give_up_at:
            return rows
        await asyncio.sleep(SETTLE_POLL_S)


async def list_pending(tx: Tx, topic: str, after: int, limit: int) -> list[tuple[int, bytes]]:
    """Position and payload of the topic's events that Kafka has not confirmed yet, in order."""
    rows = await tx.fetch(_PENDING_OF_TOPIC, topic, after, limit)
    return [(row["id"], row["payload"]) for row in rows]


async def republish(db: Database, since: datetime) -> int:
    """Mark every event created since then as pending again, dead ones too; answers how many.

    For a broker that lost its records. Consumers see the events again, with the same ids.
    """
    count = 0
    async with db.connection() as connection:
        last = await connection.fetchval(_LAST_BEFORE, since)
        while rows := await connection.fetch(_PAGE_AFTER, last, REPUBLISH_PAGE):
            last = rows[-1]["id"]
            shards = [shard_of(row["key"]) for row in rows]
            await connection.execute(_MARK, [row["id"] for row in rows], shards)
            count += len(rows)
    return count


def _head(event: OutboxEvent) -> dict[str, object]:
    """All but the payload, which is no text."""
    return {
        "event_id": event.event_id,
        "topic": event.topic,
        "key": event.key,
        "type": event.type,
        "tenant": event.tenant,
        "shard": shard_of(event.key),
    }


def _logged(row: asyncpg.Record) -> LoggedEvent:
    event = OutboxEvent(
        event_id=row["event_id"],
        topic=row["topic"],
        key=row["key"],
        type=row["type"],
        tenant=row["tenant"],
        payload=row["payload"],
    )
    return LoggedEvent(position=row["id"], event=event, created_at=row["created_at"])


# Ids are drawn as by the column's default, but before either table is written, so that what was
# written need not be joined with what was given.
_PUT = """
with given as materialized (
    select case when pg_current_xact_id() is not null then nextval('event_log_id_seq') end as id,
        told.*
    from (
        select *
        from rows from (
            jsonb_to_recordset($1) as (event_id text, topic text, key text, type text, tenant text,
                                       shard smallint),
            unnest($2::bytea[])
        ) with ordinality as t (event_id, topic, key, type, tenant, shard, payload, place)
        order by place
    ) told
), logged as (
    insert into event_log (id, event_id, topic, key, type, tenant, payload)
    select id, event_id, topic, key, type, tenant, payload from given
)
insert into event_pending (id, shard) select id, shard from given
"""

_NEWEST = """
select newest, case when newest is not null then pg_current_xact_id() end,
    case when $2 > 0 then (select upto from event_forgotten) end
from (select max(id) as newest
      from (select id from event_log where tenant = $1 and id > $2 order by id limit $3) page) m
"""

_SETTLED = """
select id, event_id, topic, key, type, tenant, payload, created_at
from event_log
where tenant = $1 and id > $2 and id <= $3 and pg_snapshot_xmin(pg_current_snapshot()) >= $4
order by id
limit $5
"""

_NEWEST_OF_TOPIC = """
select newest, case when newest is not null then pg_current_xact_id() end
from (select max(id) as newest
      from (select id from event_log where id > $2 and topic = $1 order by id limit $3) page) m
"""

_SETTLED_OF_TOPIC = """
select id, event_id, topic, key, type, tenant, payload, created_at
from event_log
where topic = $1 and id > $2 and id <= $3 and pg_snapshot_xmin(pg_current_snapshot()) >= $4
order by id
limit $5
"""

# One row when it is so. The page is read by a later statement, whose snapshot is younger.
_SETTLING = "select where pg_snapshot_xmin(pg_current_snapshot()) >= $1"

_PAGE = """
select id, event_id, topic, key, type, tenant, payload, created_at
from event_log
where tenant = $1 and id > $2 and id <= $3
order by id
limit $4
"""

# Materialized, because the planner would otherwise walk the primary key from its beginning.
_LAST_BEFORE = """
with recent as materialized (select id from event_log where created_at >= $1)
select coalesce(min(id) - 1, 9223372036854775807) from recent
"""

# Each is looked up by itself, in the table of its day.
_PENDING_OF_TOPIC = """
select l.id, l.payload
from event_pending p cross join lateral (
    select id, topic, payload from event_log where id = p.id offset 0) l
where p.id > $2 and l.topic = $1
order by p.id
limit $3
"""

_PAGE_AFTER = "select id, key from event_log where id > $1 order by id limit $2"

_MARK = """
with tried_again as (delete from event_dead where id = any($1::bigint[]))
insert into event_pending (id, shard)
select * from unnest($1::bigint[], $2::smallint[])
on conflict do nothing
"""
