"""Old days are dropped whole; what never arrived is kept, and an event is told once on any day."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeVar

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from tests.integration.notifier.app_server import AppServer, says
from tests.integration.notifier.harness import Harness, new_delivery, until

from chassis import migrations
from notifier.domain.deliveries import NewDelivery
from notifier.flows import deliveries, keeping

RETENTION_DAYS = 90

T = TypeVar("T")


def event_of(day: date, number: int = 0) -> str:
    """The id of an event of this day."""
    left_ms = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
    digits = ""
    for _ in range(10):
        left_ms, digit = divmod(left_ms, 32)
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit] + digits
    return f"E{digits}{number:016}"


def today() -> date:
    return datetime.now(UTC).date()


def days_ago(days: int, number: int = 0) -> NewDelivery:
    return new_delivery(event_id=event_of(today() - timedelta(days=days), number))


async def table_of(harness: Harness, event: NewDelivery) -> str | None:
    sql = "select tableoid::regclass::text from delivery where event_id = $1"
    name: str | None = await harness.value(sql, event.event_id)
    return name


async def open_day(harness: Harness, day: date) -> bool:
    return bool(await harness.value("select open_day($1)", day))


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """As the job does it: what had to wait too long for a lock is done later."""
    while True:
        try:
            return await work()
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(0.1)


async def tables(harness: Harness) -> list[str]:
    sql = """select array_agg(inhrelid::regclass::text order by 1) from pg_inherits
             where inhparent = any(array['delivery', 'attempt']::regclass[])"""
    return list(await harness.value(sql))


async def test_days_are_opened_ahead_and_back(harness: Harness) -> None:
    await keeping.open_days(harness.deps(replica=0))

    names = await tables(harness)
    for off in (-keeping.BACK_DAYS, 0, keeping.AHEAD_DAYS):
        day = today() + timedelta(days=off)
        assert {f"delivery_{day:%Y%m%d}", f"attempt_{day:%Y%m%d}"} <= set(names)


async def test_replicas_may_open_days_at_once(harness: Harness) -> None:
    replica = harness.deps(replica=0)
    await asyncio.gather(*(patiently(partial(keeping.open_days, replica)) for _ in range(3)))

    names = await tables(harness)
    assert len(names) == 2 * (keeping.BACK_DAYS + 1 + keeping.AHEAD_DAYS + 1)


async def test_event_is_kept_by_the_day_in_its_id(harness: Harness) -> None:
    await keeping.open_days(harness.deps(replica=0))
    event = days_ago(3)

    await harness.add(event)

    assert await table_of(harness, event) == f"delivery_{today() - timedelta(days=3):%Y%m%d}"


async def test_event_that_comes_again_days_later_is_known(harness: Harness) -> None:
    await keeping.open_days(harness.deps(replica=0))
    event = days_ago(3)

    await harness.add(event)
    await harness.add(event)

    assert await harness.value("select count(*) from delivery") == 1
    assert await harness.value("select count(*) from due") == 1


@pytest.mark.parametrize("event_id", ["evt-1", "E" + "Z" * 26, event_of(date(2031, 5, 6))])
async def test_event_without_a_table_for_its_day_is_told_once(
    harness: Harness, server: AppServer, event_id: str
) -> None:
    event = new_delivery(event_id=event_id)
    await harness.add(event)
    await harness.add(event)

    async with harness.running() as deps:
        await harness.settled(event)
        view = await deliveries.send_again(deps, "A1", event_id)
        await harness.settled(event)

    assert await table_of(harness, event) == "delivery_undated"
    assert view.event_id == event_id
    assert {one.event_id for one in server.received} == {event_id}


async def test_day_that_is_opened_late_takes_in_its_own(
    harness: Harness, server: AppServer
) -> None:
    event, other = days_ago(100, 1), days_ago(101, 2)
    await harness.add(event, other)
    async with harness.running():
        await harness.settled(event, other)

        assert await open_day(harness, today() - timedelta(days=100))

    assert await table_of(harness, event) == f"delivery_{today() - timedelta(days=100):%Y%m%d}"
    assert await table_of(harness, other) == "delivery_undated"
    assert len(await harness.attempts(event)) == len(await harness.attempts(other)) == 1
    await harness.add(event)
    assert await harness.value("select count(*) from due") == 0


async def test_day_that_is_old_is_dropped(harness: Harness, server: AppServer) -> None:
    old, young = days_ago(RETENTION_DAYS + 1), days_ago(RETENTION_DAYS - 1)
    for event in (old, young):
        await open_day(harness, today() - timedelta(days=RETENTION_DAYS + (event is old) * 2 - 1))
    await harness.add(old, young)
    async with harness.running() as deps:
        await harness.settled(old, young)
        await keeping.drop_old(deps, RETENTION_DAYS)

    assert await table_of(harness, old) is None
    assert await harness.attempts(old) == []
    assert await harness.state(young) == "delivered"
    gone = today() - timedelta(days=RETENTION_DAYS + 1)
    assert not [name for name in await tables(harness) if f"{gone:%Y%m%d}" in name]


async def test_what_is_pending_outlives_its_day(harness: Harness, server: AppServer) -> None:
    server.answers["/callback"] = says(500)
    await open_day(harness, today() - timedelta(days=RETENTION_DAYS + 1))
    waiting = days_ago(RETENTION_DAYS + 1)
    await harness.add(waiting)

    async with harness.running() as deps:
        await harness.tried(waiting)
        await keeping.drop_old(deps, RETENTION_DAYS)
        assert await table_of(harness, waiting) == "delivery_undated"
        assert len(await harness.attempts(waiting)) == 1
        server.answers["/callback"] = says(200)
        await deliveries.send_again(deps, "A1", waiting.event_id)
        await harness.settled(waiting)


async def test_what_is_exhausted_outlives_its_day_until_it_is_sent(
    harness: Harness, server: AppServer
) -> None:
    harness.schedule = type(harness.schedule)(spread=lambda: 0.0, delays_s=())
    server.answers["/callback"] = says(500)
    await open_day(harness, today() - timedelta(days=RETENTION_DAYS + 1))
    lost = days_ago(RETENTION_DAYS + 1)
    await harness.add(lost)

    async with harness.running() as deps:
        await harness.settled(lost, state="exhausted")
        await _make_old(harness)
        await keeping.drop_old(deps, RETENTION_DAYS)
        await _make_old(harness)
        await keeping.drop_old(deps, RETENTION_DAYS)
        assert await harness.state(lost) == "exhausted"
        server.answers["/callback"] = says(200)
        await deliveries.send_again(deps, "A1", lost.event_id)
        await harness.settled(lost)
        await keeping.drop_old(deps, RETENTION_DAYS)

    assert await harness.state(lost) is None
    assert await harness.value("select count(*) from attempt") == 0


async def test_day_with_very_much_open_is_kept_whole(harness: Harness) -> None:
    day = today() - timedelta(days=RETENTION_DAYS + 1)
    await open_day(harness, day)
    events = [days_ago(RETENTION_DAYS + 1, number) for number in range(3)]
    await harness.add(*events)

    await keeping.drop_old(harness.deps(replica=0), RETENTION_DAYS, most_open=2)

    assert [await table_of(harness, event) for event in events] == [f"delivery_{day:%Y%m%d}"] * 3


async def test_days_change_while_callbacks_are_sent(harness: Harness, server: AppServer) -> None:
    """Opening and dropping locks tables that everybody uses; nobody may fail by it."""
    old = [today() - timedelta(days=RETENTION_DAYS + off) for off in range(1, 6)]
    events = [days_ago(RETENTION_DAYS + off, number) for off in range(1, 6) for number in range(20)]

    async with harness.running() as deps:
        for day in old:
            await asyncio.gather(
                patiently(partial(open_day, harness, day)), harness.add(*events[:20])
            )
            del events[:20]
        await patiently(partial(keeping.drop_old, deps, RETENTION_DAYS))

        async def all_are_settled() -> bool:
            return not await harness.value("select count(*) from due")

        await until(all_are_settled)

    assert len(server.received) == 100
    assert len({one.event_id for one in server.received}) == 100


async def test_migration_keeps_what_was_there(postgres_url: str) -> None:
    dated = event_of(today() - timedelta(days=40))
    await asyncio.to_thread(_migrate_to, "0005", postgres_url)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(BEFORE.replace("DATED", dated))

    await asyncio.to_thread(migrations.upgrade, "notifier", postgres_url)

    rows = await connection.fetch(AFTER)
    await connection.close()
    name = f"delivery_{today() - timedelta(days=40):%Y%m%d}"
    assert [tuple(row) for row in rows] == [
        (1, dated, name, "delivered", 1, None),
        (2, "evt-1", "delivery_undated", "exhausted", 2, None),
        (3, f"{dated[:-1]}3", name, "pending", 0, today() - timedelta(days=40)),
    ]


BEFORE = """
insert into lane (app_id, origin) values ('A1', '');
insert into delivery (event_id, lane_id, app_id, type, body, happened_at, state, settled_at)
values ('DATED', 1, 'A1', 'ping', '', now(), 'delivered', now()),
       ('evt-1', 1, 'A1', 'ping', '', now(), 'exhausted', now()),
       (left('DATED', 26) || '3', 1, 'A1', 'ping', '', now(), 'pending', null);
insert into due (delivery_id, lane_id, due_at, fresh, tries) values (3, 1, now(), true, 0);
insert into attempt (delivery_id, started_at, url, latency_ms)
values (1, now(), '', 1), (2, now(), '', 1), (2, now() - interval '1 s', '', 1);
"""

AFTER = """
select told.delivery_id, event_id, told.tableoid::regclass::text, state,
       (select count(*) from attempt where attempt.delivery_id = told.delivery_id
                                       and attempt.day = told.day),
       (select day from due where due.delivery_id = told.delivery_id)
from delivery told join delivery_state using (delivery_id, event_id) order by delivery_id
"""


def _migrate_to(revision: str, database_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", "notifier:migrations")
    config.attributes["database_url"] = database_url
    command.upgrade(config, revision)


async def _make_old(harness: Harness) -> None:
    sql = "update delivery set created_at = now() - interval '100 days' returning 1"
    await harness.value(sql)
