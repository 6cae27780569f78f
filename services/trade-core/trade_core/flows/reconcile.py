"""Reconciliation (对账): each day of each channel account is fetched, compared and, in time, over.

Channel statements are fetched by the gateway, asked by a command that is a hint like any other: the
statement's row says when it is looked at again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import structlog

from contracts.events.configuration import ChannelAccountEntity
from trade_core.domain import operator_alerts
from trade_core.domain import reconciliation as schedule
from trade_core.domain.reconciliation import Reconciliation
from trade_core.flows import channel_commands
from trade_core.flows.compare_statement import FORGET_BATCH, compare, forget_rows
from trade_core.flows.deps import Deps
from trade_core.store import movements, outgoing, reconciliations

log = structlog.get_logger()

BATCH: Final = 4
"""As many statements as a gateway fetches at a time."""

MAKE_BATCH: Final = 1_000

ALL_ROUNDS: Final = 2**31 - 1


async def make_reconciliations(deps: Deps, accounts: Sequence[ChannelAccountEntity]) -> int:
    """One for each account and day whose statement can be there; answers how many are new."""
    now = deps.clock()
    wanted: list[tuple[ChannelAccountEntity, date]] = [
        (account, day) for account in accounts for day in schedule.days_to_reconcile(account, now)
    ]
    made = 0
    for first in range(0, len(wanted), MAKE_BATCH):
        async with deps.db.connection() as tx:
            made += await reconciliations.make(tx, wanted[first : first + MAKE_BATCH])
    return made


async def attend_reconciliations(deps: Deps) -> int:
    """Fetch or compare what is due, a few at a time; answers how many there were.

    Several replicas may do this at once: a statement is leased by one of them.
    """
    now = deps.clock()
    async with deps.db.connection() as tx:
        taken = await reconciliations.take(
            tx, now=now, lease_until=now + schedule.LEASE, limit=BATCH
        )
    for reconciliation in taken:
        await _attend(deps, reconciliation, now)
    return len(taken)


async def forget(deps: Deps) -> None:
    """Delete rows of statements, and our side of them, that are not compared any more."""
    now = deps.clock()
    while outlived := await _outlived(deps, now):
        for statement_no in outlived:
            await forget_rows(deps, statement_no, before_round=ALL_ROUNDS)
            async with deps.db.connection() as tx:
                await reconciliations.note_forgotten(tx, statement_no)
    dropped = FORGET_BATCH
    while dropped == FORGET_BATCH:
        async with deps.db.connection() as tx:
            dropped = await movements.forget(tx, schedule.first_day_kept(now), FORGET_BATCH)


async def _outlived(deps: Deps, now: datetime) -> Sequence[str]:
    async with deps.db.connection() as tx:
        return await reconciliations.outlived(tx, now)


async def _attend(deps: Deps, reconciliation: Reconciliation, now: datetime) -> None:
    if reconciliation.is_to_be_fetched(now):
        await _fetch(deps, reconciliation)
    elif reconciliation.has_rows(now):
        await compare(deps, reconciliation)
    else:
        async with deps.db.connection() as tx:
            await reconciliations.note_over(tx, reconciliation)


async def _fetch(deps: Deps, was: Reconciliation) -> None:
    now = deps.clock()
    reconciliation = replace(was, round=was.round + 1, attempts=was.attempts + 1)
    due_at = schedule.next_try(reconciliation.day, reconciliation.attempts, now)
    async with deps.db.transaction() as tx:
        if await reconciliations.lock(tx, reconciliation.statement_no) != was:
            return
        if due_at is None:
            await reconciliations.note_none(tx, reconciliation, note=None, due_at=None)
            return
        await reconciliations.begin_round(tx, reconciliation, now=now, due_at=due_at)
        if reconciliation.is_overdue(now):
            await reconciliations.note_overdue_alert(tx, reconciliation)
            await outgoing.tell_people(tx, [operator_alerts.no_statement(reconciliation)], now)
    deps.wake_relay()
    [was_sent] = await deps.send(
        [channel_commands.fetch_statement(reconciliation, now, lease_until=due_at)]
    )
    log.info(
        "reconciliation.asked",
        statement_no=reconciliation.statement_no,
        payment_id=reconciliation.account_id,
        day=reconciliation.day.isoformat(),
        attempt=reconciliation.attempts,
        was_sent=was_sent,
    )
