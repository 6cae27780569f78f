"""A notifier without Kafka: real database, real HTTP, its loops running beside the test."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from chassis.background import Background
from chassis.database import Database
from chassis.replica import Reader
from contracts import webhooks
from contracts.events.configuration import CallbackAck
from contracts.identifiers import new_id
from contracts.sealing import Opener, generate
from notifier.domain.apps import App, AppBook
from notifier.domain.deliveries import NewDelivery
from notifier.domain.schedule import Schedule
from notifier.flows import deliveries
from notifier.flows.deps import Deps
from notifier.jobs.dispatch import Dispatch
from notifier.jobs.rescue import Rescue
from notifier.sending.guard import Guard
from notifier.sending.sender import Limits, Sender
from notifier.store.presence import Presence

DEADLINE_S = 60.0
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT_ONCE = Schedule(spread=lambda: 0.0, delays_s=(0.0,) * 15)
NEVER = Schedule(spread=lambda: 0.0, delays_s=(3600.0,) * 15)
PATIENT = Limits(total_s=30, connect_s=30, body_s=30)
"""A slow machine is no trouble of the server's; tests about time set their own."""

LOOPBACK_ALLOWED = Guard(allowed=(ip_network("127.0.0.0/8"),), ports=(range(1, 65_536),))


def app(app_id: str, notify_url: str | None, **changes: Any) -> App:
    usual = App(
        app_id=app_id,
        version=1,
        is_active=True,
        notify_url=notify_url,
        ack=CallbackAck.ANY_2XX,
        keys=(webhooks.secret_bytes(SECRET),),
    )
    return replace(usual, **changes)


def new_delivery(app_id: str = "A1", notify_url: str | None = None, **changes: Any) -> NewDelivery:
    usual = NewDelivery(
        event_id=new_id("event"),
        app_id=app_id,
        type="payment.succeeded",
        notify_url=notify_url,
        body=b'{"type":"payment.succeeded"}',
        happened_at=datetime.now(UTC),
    )
    return replace(usual, **changes)


@dataclass(slots=True)
class Harness:
    """One replica. `schedule`, `limits` and so on are set before `running`. `late`: a read replica
    of the database."""

    db: Database
    late: Database | None = None
    apps: AppBook = field(default_factory=AppBook)
    schedule: Schedule = NEVER
    lease_s: float = 60.0
    guard: Guard = LOOPBACK_ALLOWED
    limits: Limits = PATIENT
    sender: Callable[[Guard, Limits], Sender] = Sender
    opener: Opener = field(default_factory=lambda: Opener.of(generate().private_key))
    at_work: list[Deps] = field(default_factory=list)

    async def add(self, *events: NewDelivery) -> None:
        """As the consumer of the first that is running does, in one batch."""
        await deliveries.add(self.deps(replica=0), events)
        for deps in self.at_work[:1]:
            deps.wake_up.set()

    def deps(self, *, replica: int) -> Deps:
        return Deps(
            db=self.db,
            reader=Reader(self.db, self.late),
            replica=replica,
            apps=self.apps,
            schedule=self.schedule,
            wake_relay=lambda: None,
            opener=self.opener,
            lease_s=self.lease_s,
            guard=self.guard,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Deps]:
        """A replica that sends; stopped gracefully at the end of the block."""
        presence = await Presence.enter(self.db)
        deps = self.deps(replica=presence.replica)
        ready = asyncio.Event()
        ready.set()
        async with (
            self.sender(self.guard, self.limits) as sender,
            Background(backoff_s=0.05, is_up=self.db.is_up) as background,
        ):
            background.start("dispatch", Dispatch(deps, sender, is_ready=ready.is_set).run)
            background.start("rescue", Rescue(deps, presence, every_s=0.05).run)
            self.at_work.append(deps)
            try:
                yield deps
            finally:
                self.at_work.remove(deps)
        await presence.leave()

    async def value(self, sql: str, *arguments: object) -> Any:
        async with self.db.connection() as tx:
            return await tx.fetchval(sql, *arguments)

    async def state(self, event: NewDelivery) -> Any:
        return await self.value(
            "select state from delivery_state where event_id = $1", event.event_id
        )

    async def settled(self, *events: NewDelivery, state: str = "delivered") -> None:
        """Waits until all of them are in this state."""
        ids = [event.event_id for event in events]

        async def all_are() -> bool:
            sql = "select count(*) from delivery_state where event_id = any($1) and state = $2"
            return bool(await self.value(sql, ids, state) == len(ids))

        await until(all_are)

    async def attempts(self, event: NewDelivery) -> list[dict[str, Any]]:
        sql = """select attempt.* from attempt join delivery using (delivery_id, day)
                 where event_id = $1 order by started_at"""
        async with self.db.connection() as tx:
            return [dict(row) for row in await tx.fetch(sql, event.event_id)]

    async def tried(self, event: NewDelivery, times: int = 1) -> list[dict[str, Any]]:
        """Its attempts, waited for."""

        async def enough() -> bool:
            return len(await self.attempts(event)) >= times

        await until(enough)
        return await self.attempts(event)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for a condition that the database or a server tells, with a deadline."""
    give_up_at = time.monotonic() + DEADLINE_S
    while not await condition():
        assert time.monotonic() < give_up_at, "what was waited for did not happen"
        await asyncio.sleep(0.01)
