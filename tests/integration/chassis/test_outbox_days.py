"""A log by the day: ids leap to the day's table, cursors go on, what is over is dropped."""

import asyncio
import itertools
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from tests.integration.chassis.test_outbox import Broker, Running, drained, event, page_since, write

from chassis.database import Database
from chassis.outbox import BOUND, DIVISION, Days, PositionForgotten, Relay, list_since, republish
from chassis.outbox.days import day_of

NOW = datetime.now(UTC)
TODAY = NOW.date()
MONTH = timedelta(days=30)


async def ranges(db: Database) -> list[str]:
    async with db.connection() as tx:
        return [row["part"] for row in await tx.fetch(RANGES)]


RANGES = "select part::text from event_range order by begins"


def named(*days: int) -> list[str]:
    return [f"event_log_{TODAY + timedelta(days=day):%Y%m%d}" for day in days]


async def attend(db: Database, day: int, *, keep: timedelta = MONTH) -> None:
    await Days(db, keep).attend(NOW + timedelta(days=day))


async def published(db: Database) -> None:
    async with db.connection() as tx:
        await tx.execute("delete from event_pending")


async def kept(db: Database) -> list[tuple[str, str]]:
    async with db.connection() as tx:
        rows = await tx.fetch(
            "select tableoid::regclass::text, event_id from event_log order by id"
        )
    return [tuple(row) for row in rows]


async def test_days_are_opened_ahead_and_each_takes_its_own_events(by_day: Database) -> None:
    assert await ranges(by_day) == ["event_log_before", *named(1, 2, 3)]
    await write(by_day, event(0))
    await attend(by_day, 0)
    await write(by_day, event(1))
    await attend(by_day, 1)
    await write(by_day, event(2))
    await attend(by_day, 1)
    await attend(by_day, 3)
    await write(by_day, event(3))

    (tomorrow, third) = named(1, 3)
    assert await kept(by_day) == [
        ("event_log_before", "e0"), ("event_log_before", "e1"), (tomorrow, "e2"), (third, "e3"),
    ]  # fmt: skip
    assert await ranges(by_day) == ["event_log_before", *named(1, 3, 4, 5, 6)]  # 2 was left out
    assert [e.event.event_id for e in await page_since(by_day, "a", 0, 10)] == [
        "e0", "e1", "e2", "e3",
    ]  # fmt: skip


async def test_what_nobody_wrote_in_is_not_left_for_another_day(by_day: Database) -> None:
    for day in range(4):
        await attend(by_day, day)
    await write(by_day, event(0))
    assert await kept(by_day) == [("event_log_before", "e0")]


async def test_day_without_a_table_is_not_entered_and_writing_goes_on(by_day: Database) -> None:
    await write(by_day, event(0))
    async with by_day.connection() as tx:
        assert not await tx.fetchval("select enter_event_day($1)", TODAY + timedelta(days=9))
    await write(by_day, event(1))
    assert [table for table, _ in await kept(by_day)] == ["event_log_before"] * 2


async def test_ids_never_go_back(by_day: Database) -> None:
    await write(by_day, event(0))
    await attend(by_day, 2)
    await write(by_day, event(1))
    async with by_day.connection() as tx:
        for day in (TODAY + timedelta(days=1), TODAY + timedelta(days=2)):
            assert not await tx.fetchval("select enter_event_day($1)", day)
    await write(by_day, event(2))
    assert [table for table, _ in await kept(by_day)] == ["event_log_before", *named(2, 2)]


async def test_day_is_dropped_when_all_its_events_are_old(by_day: Database) -> None:
    await write(by_day, event(0))
    await attend(by_day, 1)
    await write(by_day, event(1))
    await attend(by_day, 2)
    await write(by_day, event(2))

    await attend(by_day, 29)
    assert len(await kept(by_day)) == 3
    await write(by_day, event(3))
    await published(by_day)
    await attend(by_day, 31)  # All were written now, whatever day they are in.
    await write(by_day, event(4))
    assert await kept(by_day) == [(named(31)[0], "e4")]
    assert await ranges(by_day) == named(31, 32, 33, 34)


@pytest.mark.parametrize(
    ("lays_aside", "settles"),
    [
        ("insert into event_pending (id, shard) values (1, 0)", "delete from event_pending"),
        ("insert into event_dead (id, error) values (1, 'too large')", "delete from event_dead"),
    ],
)
async def test_day_with_an_event_that_is_pending_or_dead_stays(
    by_day: Database, lays_aside: str, settles: str
) -> None:
    await write(by_day, event(0), event(1))
    await attend(by_day, 1)
    await write(by_day, event(2))
    await published(by_day)
    async with by_day.connection() as tx:
        await tx.execute(lays_aside)

    await attend(by_day, 40)
    assert [event_id for _, event_id in await kept(by_day)] == ["e0", "e1"]
    async with by_day.connection() as tx:
        await tx.execute(settles)
    await attend(by_day, 40)
    assert await kept(by_day) == []


async def test_reader_behind_a_dropped_day_is_told_and_nobody_else(by_day: Database) -> None:
    await write(by_day, *[event(n) for n in range(3)])
    first, _, last = await page_since(by_day, "a", 0, 3)
    await attend(by_day, 1)
    await published(by_day)
    await attend(by_day, 40)

    assert await list_since(by_day, "a", last.position, 10) == []
    with pytest.raises(PositionForgotten) as forgotten:
        await list_since(by_day, "a", first.position, 10)
    assert forgotten.value.oldest == last.position
    await write(by_day, event(3))
    assert [e.event.event_id for e in await page_since(by_day, "a", last.position, 10)] == ["e3"]
    assert [e.event.event_id for e in await page_since(by_day, "a", 0, 10)] == ["e3"]


async def test_relay_publishes_in_order_over_the_border_of_a_day(
    by_day: Database, running: Running
) -> None:
    broker = Broker()
    await write(by_day, *[event(n) for n in range(3)])
    await attend(by_day, 1)
    await write(by_day, *[event(n) for n in range(3, 6)])
    relay = Relay(by_day, broker)
    async with running(relay.run):
        await drained(by_day)
        assert broker.numbers() == list(range(6))
        assert await republish(by_day, NOW - MONTH) == 6
        await drained(by_day)
    assert broker.numbers() == [*range(6), *range(6)]


async def test_plan_that_is_kept_for_a_day_knows_its_table_alone(by_day: Database) -> None:
    await write(by_day, event(0))
    await attend(by_day, 1)
    await write(by_day, event(1))
    for (table, event_id), (beside, _) in itertools.permutations(await kept(by_day)):
        async with by_day.connection() as tx:
            place = await tx.fetchval("select id from event_log where event_id = $1", event_id)
            rows = await tx.fetch("explain select from event_log where " + day_of(place))
        plan = "\n".join(row[0] for row in rows)
        assert table in plan
        assert beside not in plan


async def attend_at_last(db: Database, day: int) -> None:
    """As the loop does: what could not be locked in time is tried again."""
    while True:
        try:
            return await attend(db, day)
        except asyncpg.LockNotAvailableError:
            continue


async def test_nobody_fails_who_writes_while_days_are_opened_entered_and_dropped(
    by_day: Database,
) -> None:
    """Eight writers and a reader, over ten days: nothing is refused, left out or out of order."""
    done = asyncio.Event()

    async def write_some(writer: int) -> int:
        count = 0
        while not done.is_set():
            await write(by_day, event(1_000_000 * writer + count, f"k{writer}"))
            count += 1
        return count

    async def read_all() -> list[str]:
        seen, position = list[str](), 0
        while True:
            is_last = written is not None
            page = await list_since(by_day, "a", position, 100)
            seen += [logged.event.event_id for logged in page]
            position = page[-1].position if page else position
            if is_last and not page:
                return seen

    written: list[int] | None = None
    reading = asyncio.ensure_future(read_all())
    writing = asyncio.gather(*(write_some(writer) for writer in range(3)))
    for day in range(1, 11):
        await attend_at_last(by_day, day)
    done.set()
    written = await writing
    expected = {f"e{1_000_000 * w + n}" for w, count in enumerate(written) for n in range(count)}
    seen = await reading
    assert len(seen) == len(expected)
    assert set(seen) == expected
    assert len({table for table, _ in await kept(by_day)}) > 2


async def test_who_holds_the_log_delays_the_days_and_is_not_in_the_way_for_long(
    by_day: Database, postgres_url: str
) -> None:
    await write(by_day, event(0))
    holding = await asyncpg.connect(postgres_url)
    async with holding.transaction():
        await holding.execute("lock table event_log in row exclusive mode")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await attend(by_day, 1)
        await write(by_day, event(1))
    await attend(by_day, 1)
    await write(by_day, event(2))
    await holding.close()
    assert [table for table, _ in await kept(by_day)] == ["event_log_before"] * 2 + named(1)


async def test_who_could_read_the_log_still_can_and_nobody_deletes(
    db: Database, postgres_url: str
) -> None:
    role = f"reads_{uuid.uuid4().hex}"
    owner = await asyncpg.connect(postgres_url)
    await owner.execute(f"create role {role}")
    await owner.execute(f"grant select on event_log to {role}")
    for script in (*BOUND, DIVISION):
        await owner.execute(script)
    await owner.execute(f"set role {role}")
    assert await owner.fetchval("select count(*) from event_log") == 0
    for change in ("delete from event_log", "insert into event_log values (1)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(change)
    await owner.execute(f"reset role; drop owned by {role}; drop role {role}")
    await owner.close()


def test_ranges_are_wide_enough_and_cursors_stay_short() -> None:
    day = (date(2200, 1, 1) - date(1970, 1, 1)).days
    assert day << 36 < 2**53
    assert 2**36 > 86_400 * 500_000


@pytest.mark.parametrize("page", ["disaster-recovery.md", "disaster-recovery.zh.md"])
async def test_after_a_restore_no_event_lies_before_what_was_read(
    by_day: Database, page: str
) -> None:
    """The ids after it begin behind all that were drawn before, also where that was another day."""
    text = (Path(__file__).parents[3] / "docs" / "operations" / page).read_text()
    (leap,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    await write(by_day, event(0))
    async with by_day.connection() as tx:
        at_t = await tx.fetchval("select last_value from event_log_id_seq")
    await attend(by_day, 1)  # What follows is of a day that the restored database has not seen.
    await write(by_day, event(1))
    (*_, read) = await page_since(by_day, "a", 0, 10)

    async with by_day.connection() as tx:
        await tx.execute("delete from event_log_before where id > $1", at_t)
        await tx.execute(f"truncate {named(1)[0]}")
        await tx.execute("select setval('event_log_id_seq', $1)", at_t)
        await tx.execute(leap.replace("now()", "(now() + interval '1 day')"))
    await write(by_day, event(2))

    assert [one.event.event_id for one in await page_since(by_day, "a", read.position, 10)] == [
        "e2"
    ]
    await attend(by_day, 1)
    await write(by_day, event(3))
    assert [one.event.event_id for one in await page_since(by_day, "a", 0, 10)] == [
        "e0", "e2", "e3",
    ]  # fmt: skip
