"""What the clock causes."""

import asyncio
import contextlib
import time
from datetime import date, timedelta
from typing import Final, Protocol

from prometheus_client import Gauge

from chassis.background import Alarm, Pulse, pause, unless_stopped
from contracts.events.configuration import ChannelAccountEntity
from foundation.alerting import Tell
from trade_core.domain.backlog_alerts import check_missing, due_behind
from trade_core.domain.reconciliation import finished_days
from trade_core.flows.archive_orders import archive_orders
from trade_core.flows.check_ledger import check_if_due
from trade_core.flows.deps import Deps
from trade_core.flows.measure import Backlog, backlog
from trade_core.flows.poll_due import next_due_s, poll_due
from trade_core.flows.read_day_statement import advance_days
from trade_core.flows.read_ledger import advance_balances
from trade_core.flows.read_order import forget_calls
from trade_core.flows.reconcile import attend_reconciliations, forget, make_reconciliations

NAME: Final = "trade-core"
POLL_S: Final = 2.0
"""At most this long until the next look at what is due: nothing that other replicas make is due
sooner than 5 s later, and what they make urgent they attend to themselves."""

COMPANY_S: Final = 0.5
"""What is due within this long is attended to together."""

LEDGER_EVERY_S: Final = 60.0
RECONCILE_EVERY_S: Final = 2.0
BACKLOG_EVERY_S: Final = 5.0
DUE_LIMIT_S: Final = 30.0
"""Looks are due after 5 s, 15 s, 30 s …; this late they are of no use to a payer who waits."""

ARCHIVE_EVERY_S: Final = 3600.0
ARCHIVE_PAUSE_S: Final = 0.5
"""With a batch of a hundred: 17 million orders a day and replica, at most."""

STARTED_S: Final = 600.0
DUE_OLDEST_S: Final = Gauge("paymesh_due_oldest_seconds", "How long the oldest due row has waited")
DUE_ROWS: Final = Gauge("paymesh_due_rows", "Rows that are due and that nobody has taken")
UNKNOWN_OLDEST_S: Final = Gauge(
    "paymesh_unknown_oldest_seconds",
    "Age of the oldest payment, refund or split of which nobody can say what its channel did",
    ["kind", "channel"],
)
RECONCILE_STALL_S: Final = 900.0
"""Longer than a comparison may take."""


class DueLoop:
    """Attends to what is due, batch after batch, then waits for the wake-up or the next time."""

    def __init__(self, deps: Deps, wake_up: asyncio.Event) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._wake_up = wake_up

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._wake_up.clear()
            attended = await poll_due(self._deps)
            self.pulse.beat()
            if not attended:
                await self._rest(stop)

    async def _rest(self, stop: asyncio.Event) -> None:
        rest_s = min(max(await next_due_s(self._deps), COMPANY_S), POLL_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest_s):
                await unless_stopped(stop, self._wake_up.wait())


class Accounts(Protocol):
    """The channel accounts as they are known now; `changes` rises with each change."""

    changes: int

    def list_all(self) -> list[ChannelAccountEntity]: ...


class ReconcileLoop:
    """Has statements fetched and compared, and deletes what is over."""

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
            await forget_calls(self._deps)
            self._made = latest


class LedgerLoop:
    """Keeps balances and day statements added up, and has the books checked at their hour."""

    def __init__(self, deps: Deps) -> None:
        self.pulse = Pulse()
        self._deps = deps

    async def run(self, stop: asyncio.Event) -> None:
        """Once a minute until `stop`."""
        while not await pause(stop, LEDGER_EVERY_S):
            while await advance_balances(self._deps.db, self._deps.clock()):
                self.pulse.beat()
            while await advance_days(self._deps.db, self._deps.clock()):
                self.pulse.beat()
            await check_if_due(self._deps, self.pulse.beat)
            self.pulse.beat()


class ArchiveLoop:
    """Takes orders that were over long ago out of the tables in use, a batch at a time."""

    def __init__(self, deps: Deps, keep: timedelta) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._keep = keep

    async def run(self, stop: asyncio.Event) -> None:
        """Through all orders once an hour until `stop`, so slowly that nobody notices it."""
        after: str | None = ""
        while not await pause(stop, ARCHIVE_EVERY_S if after is None else ARCHIVE_PAUSE_S):
            after = await archive_orders(self._deps, self._keep, after or "")
            self.pulse.beat()


class BacklogLoop:
    """Keeps in mind how far behind the others are; `alarms` tell people."""

    def __init__(self, deps: Deps) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._started = time.monotonic()
        self._latest = Backlog(0.0, 0.0, 0)

    async def run(self, stop: asyncio.Event) -> None:
        """Every few seconds until `stop`."""
        while not await pause(stop, BACKLOG_EVERY_S):
            self.pulse.beat()
            self._latest = await backlog(self._deps.db, self._deps.clock())
            DUE_OLDEST_S.set(self._latest.due_s)
            DUE_ROWS.set(self._latest.due_rows)
            UNKNOWN_OLDEST_S.clear()
            for labels, age_s in self._latest.unknown_s.items():
                UNKNOWN_OLDEST_S.labels(*labels).set(age_s)

    def alarms(self, tell: Tell) -> list[Alarm]:
        """For `self_watch`."""
        return [
            Alarm(lambda: self._latest.due_s, DUE_LIMIT_S, lambda s: tell(due_behind(s))),
            Alarm(self._check_s, 0, lambda s: tell(check_missing(s))),
        ]

    def _check_s(self) -> float:
        """A service that has just been started has not had the time."""
        return self._latest.check_s if time.monotonic() - self._started > STARTED_S else 0.0
