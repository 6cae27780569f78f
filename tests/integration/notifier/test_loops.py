"""A loop that fails for ever while the database is up has crashed: people hear of it."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Final, cast

import asyncpg
from prometheus_client import REGISTRY
from pydantic import SecretStr
from tests.integration.notifier.harness import Harness, until

from chassis.background import Background, Loop
from chassis.database import Database, Tx
from chassis.outbox import Days, Relay, Retention
from chassis.producer import Producer
from chassis.replica import Reader
from chassis.restarts import BACKOFF_S
from foundation.outbox_alerts import OutboxAlerts
from foundation.service_client import Service
from notifier.flows.deps import Deps
from notifier.jobs.dispatch import Dispatch
from notifier.jobs.keeping import Keeping
from notifier.jobs.measuring import Measuring
from notifier.jobs.messaging import Messaging
from notifier.jobs.rescue import Rescue
from notifier.store.presence import Presence

KEEP: Final = timedelta(days=90)


async def test_each_loop_that_does_not_find_its_table_has_crashed(harness: Harness) -> None:
    """The database answers: its readiness tells nobody."""
    await harness.value("alter schema public rename to elsewhere")
    await harness.value("create schema public")
    db = await Database.connect(harness.db._url, application_name="tests")
    deps = replace(harness.deps(replica=0), db=db, reader=Reader(db, None))
    before = {name: crashes(name) for name in [*loops(deps), "dispatch"]}

    async def all_have() -> bool:
        return all(crashes(name) > count for name, count in before.items())

    async with (
        harness.sender(harness.guard, harness.limits) as sender,
        Background(backoff_s=0.1, is_up=db.is_up) as background,
    ):
        dispatch = Dispatch(deps, sender, is_ready=lambda: True)
        for name, loop in {**loops(deps), "dispatch": dispatch.run}.items():
            background.start(name, loop)
        await until(all_have)
    await db.close()


class NowAndThenLocked:
    """The database, of which each second connection meets a lock."""

    def __init__(self, db: Database) -> None:
        self._db, self._calls = db, 0

    def connection(self) -> AbstractAsyncContextManager[Tx]:
        self._calls += 1
        if self._calls % 2:
            raise asyncpg.LockNotAvailableError("lock timeout")
        return self._db.connection()

    async def is_up(self) -> bool:
        return True


async def test_leasing_waits_no_longer_for_each_lock_that_it_meets_now_and_then(
    harness: Harness,
) -> None:
    deps = replace(harness.deps(replica=0), db=cast(Database, NowAndThenLocked(harness.db)))
    waits, stop = list[float](), asyncio.Event()
    stop.set()
    async with harness.sender(harness.guard, harness.limits) as sender:
        dispatch = Dispatch(deps, sender, is_ready=lambda: True)
        leasing, after = dispatch._leasing, dispatch._leasing.after

        async def waited(error: Exception | None) -> float:
            waits.append(await after(error))
            return waits[-1]

        leasing.after = waited  # type: ignore[method-assign]
        for _ in range(12):
            await dispatch._lease(stop)
    assert waits == [BACKOFF_S] * 6


def loops(deps: Deps) -> Mapping[str, Loop]:
    relay = Relay(deps.db, Producer("127.0.0.1:1", "t"))
    waits = Relay(deps.db, Producer("127.0.0.1:1", "t"))
    waits.oldest_s = 60
    notifier = Service("http://127.0.0.1:1", SecretStr("t"))
    return {
        "outbox": relay.run,
        "outbox-alerts": OutboxAlerts(deps.db, waits, notifier).run,
        "retention": Retention(deps.db, KEEP).run,
        "event-days": Days(deps.db, KEEP).run,
        "keeping": Keeping(deps, retention_days=90).run,
        "measuring": Measuring(deps).run,
        "messaging": Messaging(deps, of_centre=True, is_ready=lambda: True).run,
        "merchant-messaging": Messaging(deps, of_centre=False, is_ready=lambda: True).run,
        "rescue": Rescue(deps, Presence(deps.db, 1)).run,
    }


def crashes(loop: str) -> float:
    return REGISTRY.get_sample_value("paymesh_background_crashes_total", {"loop": loop}) or 0
