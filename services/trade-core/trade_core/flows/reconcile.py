"""Reconciliation (对账): each day of each channel account is fetched, compared and, in time, over.

Bills are fetched by the gateway, asked by a command that is a hint like any other: the statement's
row says when it is looked at again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import structlog

from contracts.events.configuration import ChannelAccountEntity
from trade_core.domain import alerts
from trade_core.domain import statement as schedule
from trade_core.domain.statement import Statement
from trade_core.flows import channel_commands
from trade_core.flows.compare_bill import FORGET_BATCH, compare, forget_rows
from trade_core.flows.deps import Deps
from trade_core.store import movements, outgoing, statements

log = structlog.get_logger()

BATCH: Final = 4
"""As many bills as a gateway fetches at a time."""

MAKE_BATCH: Final = 1_000

ALL_ROUNDS: Final = 2**31 - 1


async def make_statements(deps: Deps, accounts: Sequence[ChannelAccountEntity]) -> int:
    """One for each account and day whose bill can be there; answers how many are new."""
    now = deps.clock()
    wanted: list[tuple[ChannelAccountEntity, date]] = [
        (account, day) for account in accounts for day in schedule.days_to_reconcile(account, now)
    ]
    made = 0
    for first in range(0, len(wanted), MAKE_BATCH):
        async with deps.db.connection() as tx:
            made += await statements.make(tx, wanted[first : first + MAKE_BATCH])
    return made


async def attend_statements(deps: Deps) -> int:
    """Fetch or compare what is due, a few at a time; answers how many there were.

    Several replicas may do this at once: a statement is claimed by one of them.
    """
    now = deps.clock()
    async with deps.db.connection() as tx:
        claimed = await statements.claim(tx, now=now, lease_until=now + schedule.LEASE, limit=BATCH)
    for statement in claimed:
        await _attend(deps, statement, now)
    return len(claimed)


async def forget(deps: Deps) -> None:
    """Delete rows of bills, and our side of them, that are not compared any more."""
    now = deps.clock()
    async with deps.db.connection() as tx:
        outlived = await statements.outlived(tx, now)
    for statement_no in outlived:
        await forget_rows(deps, statement_no, before_round=ALL_ROUNDS)
        async with deps.db.connection() as tx:
            await statements.note_forgotten(tx, statement_no)
    dropped = FORGET_BATCH
    while dropped == FORGET_BATCH:
        async with deps.db.connection() as tx:
            dropped = await movements.forget(tx, schedule.first_day_kept(now), FORGET_BATCH)


async def _attend(deps: Deps, statement: Statement, now: datetime) -> None:
    if statement.is_to_be_fetched(now):
        await _fetch(deps, statement)
    elif statement.has_rows(now):
        await compare(deps, statement)
    else:
        async with deps.db.connection() as tx:
            await statements.note_over(tx, statement)


async def _fetch(deps: Deps, was: Statement) -> None:
    now = deps.clock()
    statement = replace(was, round=was.round + 1, attempts=was.attempts + 1)
    again = schedule.next_try(statement.day, statement.attempts, now)
    async with deps.db.transaction() as tx:
        if await statements.lock(tx, statement.statement_no) != was:
            return
        if again is None:
            await statements.note_none(tx, statement, note=None, again=None)
            return
        await statements.begin_round(tx, statement, now=now, again=again)
        if statement.is_overdue(now):
            await statements.note_overdue_told(tx, statement)
            await outgoing.tell_people(tx, [alerts.no_bill(statement)], now)
    deps.wake_relay()
    [was_sent] = await deps.send([channel_commands.fetch_bill(statement, now, lease_until=again)])
    log.info(
        "reconciliation.asked",
        statement_no=statement.statement_no,
        payment_id=statement.payment_id,
        day=statement.day.isoformat(),
        attempt=statement.attempts,
        was_sent=was_sent,
    )
