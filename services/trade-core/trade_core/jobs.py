"""What the clock causes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol, TypeAlias

from chassis.background import Alarm, Pulse, Watch, pause
from chassis.consumer import Consumer
from chassis.outbox import Relay
from chassis.producer import Message
from contracts import topics
from contracts.events import alerts
from contracts.events.alerts import Alert
from contracts.events.configuration import ChannelAccountEntity
from contracts.events.orders import SOURCE
from trade_core.domain.reconciliation import finished_days
from trade_core.flows.check_ledger import check_if_due
from trade_core.flows.deps import Deps
from trade_core.flows.poll_due import poll_due
from trade_core.flows.read_ledger import advance_balances
from trade_core.flows.reconcile import attend_reconciliations, forget, make_reconciliations

NAME: Final = "trade-core"
POLL_S: Final = 0.5
LEDGER_EVERY_S: Final = 60.0
RECONCILE_EVERY_S: Final = 2.0
RECONCILE_STALL_S: Final = 900.0
"""Longer than a comparison may take."""

Send: TypeAlias = Callable[[Sequence[Message]], Awaitable[Sequence[bool]]]
"""Publishes to Kafka; answers per message whether it was confirmed."""


class DueLoop:
    """Attends to what is due, batch after batch, then waits for the bell or half a second."""

    def __init__(self, deps: Deps, bell: asyncio.Event) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._bell = bell

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._bell.clear()
            attended = await poll_due(self._deps)
            self.pulse.beat()
            if not attended:
                await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._bell.wait()


class Accounts(Protocol):
    """The channel accounts as they are known now; `changes` rises with each change."""

    changes: int

    def list_all(self) -> list[ChannelAccountEntity]: ...


class ReconcileLoop:
    """Has bills fetched and compared, and deletes what is over."""

    def __init__(self, deps: Deps, accounts: Accounts) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._accounts = accounts
        self._made: tuple[int, date] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Every two seconds until `stop`."""
        while not await pause(stop, RECONCILE_EVERY_S):
            await self._make()
            self.pulse.beat()
            await attend_reconciliations(self._deps)
            self.pulse.beat()

    async def _make(self) -> None:
        """Once for each day, and whenever an account came or changed."""
        latest = (self._accounts.changes, finished_days(self._deps.clock())[0])
        if latest != self._made:
            await make_reconciliations(self._deps, self._accounts.list_all())
            await forget(self._deps)
            self._made = latest


class LedgerLoop:
    """Keeps the balances added up, and has the books checked at their hour."""

    def __init__(self, deps: Deps) -> None:
        self.pulse = Pulse()
        self._deps = deps

    async def run(self, stop: asyncio.Event) -> None:
        """Once a minute until `stop`."""
        while not await pause(stop, LEDGER_EVERY_S):
            while await advance_balances(self._deps.db, self._deps.clock()):
                self.pulse.beat()
            await check_if_due(self._deps, self.pulse.beat)
            self.pulse.beat()


def watch(relay: Relay, consumer: Consumer[Any], send: Send) -> Watch:
    """Tells people when events pile up: straight to Kafka, for the outbox may be what is stuck."""

    async def tell(alert: Alert) -> bool:
        event = alerts.record(alert, source=SOURCE, at=datetime.now(UTC))
        message = Message(topics.ALERTS, alert.key, event.to_bytes(), event.headers())
        return all(await send([message]))

    oldest = Alarm(
        lambda: relay.oldest_s,
        alerts.OUTBOX_LIMIT_S,
        lambda age_s: tell(alerts.outbox_stuck(NAME, age_s)),
    )
    dead = Alarm(lambda: relay.dead, 0, lambda count: tell(alerts.outbox_dead(NAME, count)))
    behind = Alarm(
        lambda: consumer.lag, alerts.LAG_LIMIT, lambda lag: tell(alerts.consumer_behind(NAME, lag))
    )
    blocked = Alarm(
        lambda: consumer.blocked, 0, lambda count: tell(alerts.consumer_blocked(NAME, count))
    )
    return Watch([oldest, dead, behind, blocked])
