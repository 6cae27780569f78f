"""The read model is made anew from trade-core's log, while people search and events come."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts.events.orders import OrderEventRecord
from contracts.internal import EventLogPage
from foundation.service_client import M, Query, Service
from merchant_admin.flows import rebuilding
from merchant_admin.flows.read_model import apply
from merchant_admin.flows.rebuilding import Rebuilt, rebuild
from merchant_admin.store.rebuilding import TABLES

from .conftest import Admin
from .test_read_model import BEGAN, Story, delivery
from .test_roll_ups import rows as sums
from .test_roll_ups import some_stories

VIEWS = [table for table in TABLES if not table.endswith("_hours")]


class Log(Service):
    """trade-core's, of which `shown` is all that is kept. `meanwhile`: happens before each page."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        self.events_in_all: list[OrderEventRecord] = []
        self.meanwhile = meanwhile

    async def _call(
        self,
        answer: type[M],
        method: str,
        path: str,
        params: Query,
        body: bytes,
        timeout_s: float,
    ) -> M:
        if self.meanwhile:
            await self.meanwhile()
        after, limit = params["after"], params["limit"]
        assert isinstance(after, int)
        assert isinstance(limit, int)
        page = [
            {"position": place, "event": event.model_dump(mode="json")}
            for place, event in enumerate(self.events_in_all, 1)
            if place > after
        ]
        assert answer is EventLogPage
        return answer.model_validate({"items": page[:limit]})


async def everything(admin: Admin) -> dict[str, list[Any]]:
    async with admin.deps.db.connection() as tx:
        found: dict[str, list[Any]] = {
            view: sorted(map(str, await tx.fetch(f"select * from {view}")))  # noqa: S608
            for view in VIEWS
        }
    hours = ("payment_hours", "time_to_pay_hours", "callback_hours")
    return found | {table: await sums(admin, table) for table in hours}


async def shape(admin: Admin) -> set[str]:
    """Indexes, constraints, triggers and options, by name."""
    async with admin.deps.db.connection() as tx:
        rows = await tx.fetch(
            """select indexdef from pg_indexes where schemaname = 'public'
               union all
               select conname || pg_get_constraintdef(oid) from pg_constraint
                where connamespace = 'public'::regnamespace
               union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
               union all select relname || coalesce(reloptions::text, '') from pg_class
                where relnamespace = 'public'::regnamespace"""
        )
    return {row[0] for row in rows}


async def filled(admin: Admin, log: Log) -> list[Any]:
    stories = some_stories(random.Random(4))
    for story in stories:
        log.events_in_all += story.events
        delivered = delivery(story.events[2].id, "delivery.delivered", attempts=2, at=BEGAN)
        await apply(admin.deps, [*story.events, delivered])
    return stories


async def test_what_is_lost_or_garbled_is_there_again(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 7)
    log = Log()
    await filled(admin, log)
    wanted, built = await everything(admin), await shape(admin)
    async with admin.deps.db.transaction() as tx:
        await tx.execute("delete from orders_view where app_id = 'A1'")
        await tx.execute("update payments_view set sequence = 99, status = 'closed'")
        await tx.execute("delete from refunds_view")
        await tx.execute("delete from order_history where sequence = 3")
        await tx.execute("update payment_hours set paid = 7")
        await tx.execute("delete from callback_hours")
        ghost = "insert into orders_view select 'OX', app_id, 1, merchant_id, 'ghost', status,"
        await tx.execute(f"{ghost} created_at, view from orders_view limit 1")
    rebuilt = await rebuild(admin.deps.db, log)
    assert rebuilt.events == len(log.events_in_all)
    assert await everything(admin) == wanted
    assert await shape(admin) == built


async def test_events_that_come_meanwhile_are_not_lost(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in the log first; whether the projector brings one in before or after the tables
    change places, it is there."""
    monkeypatch.setattr(rebuilding, "PAGE", 10)
    log = Log()
    await filled(admin, log)
    coming = [Story(merchant_order_no=f"meanwhile{number}").paid() for number in range(4)]
    behind: list[Story] = []

    async def meanwhile() -> None:
        if coming:
            story = coming.pop()
            log.events_in_all += story.events
            if len(coming) > 1:
                await apply(admin.deps, story.events)
            else:
                behind.append(story)

    log.meanwhile = meanwhile
    await rebuild(admin.deps.db, log)
    for story in behind:
        await apply(admin.deps, story.events)
    got = await everything(admin)
    assert sum("meanwhile" in row for row in got["orders_view"]) == 4

    again = Log()
    again.events_in_all = log.events_in_all
    await rebuild(admin.deps.db, again)
    assert await everything(admin) == got


@pytest.mark.parametrize("comes_late", [False, True])
async def test_all_of_it_stays_when_the_log_is_empty(admin: Admin, comes_late: bool) -> None:
    """As it is once trade-core's was lost; perhaps an event comes when it has been read."""
    await filled(admin, Log())
    coming = Story(merchant_order_no="late", created_at=BEGAN + timedelta(days=100)).paid()
    log, asked = Log(), 0

    async def meanwhile() -> None:
        nonlocal asked
        asked += 1
        if comes_late and asked == 2:
            log.events_in_all += coming.events

    log.meanwhile = meanwhile
    if not comes_late:
        wanted = await everything(admin)
        assert await rebuild(admin.deps.db, log) == Rebuilt(events=0, since=None)
        assert await everything(admin) == wanted
        return
    rebuilt = await rebuild(admin.deps.db, log)
    assert rebuilt == Rebuilt(len(coming.events), coming.events[0].time)
    got = await everything(admin)
    await apply(admin.deps, coming.events)
    assert await everything(admin) == got
    assert len(got["orders_view"]) == 13


async def test_what_is_older_than_the_log_stays(admin: Admin) -> None:
    log = Log()
    old = Story(created_at=BEGAN - timedelta(days=100)).paid().refunded()
    await apply(admin.deps, old.events)
    await filled(admin, log)
    wanted = await everything(admin)
    await rebuild(admin.deps.db, log)
    assert await everything(admin) == wanted
