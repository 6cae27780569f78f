"""What the clock causes."""

import asyncio
import contextlib
from datetime import date
from typing import Final, Protocol

from chassis.background import Pulse, pause
from contracts.events.configuration import ChannelAccountEntity
from trade_core.domain.reconciliation import finished_days
from trade_core.flows.check_ledger import check_if_due
from trade_core.flows.deps import Deps
from trade_core.flows.poll_due import poll_due
from trade_core.flows.read_day_statement import advance_days
from trade_core.flows.read_ledger import advance_balances
from trade_core.flows.reconcile import attend_reconciliations, forget, make_reconciliations

NAME: Final = "trade-core"
POLL_S: Final = 0.5
LEDGER_EVERY_S: Final = 60.0
RECONCILE_EVERY_S: Final = 2.0
RECONCILE_STALL_S: Final = 900.0
"""Longer than a comparison may take."""


class DueLoop:
    """Attends to what is due, batch after batch, then waits for the wake-up or half a second."""

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
                await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake_up.wait()


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
