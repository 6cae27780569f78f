"""A channel statement beside our books: what differs is asked about first, and then told to people.

A statement makes us ask, and the verified answer counts; only a refund that names no number of ours
is booked from it, for no question answers that (money-moved-outside).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Counter

from chassis.database import Tx
from contracts.events.commands import CommandName
from contracts.identifiers import is_id
from contracts.internal import StatementTotal
from trade_core.domain import ledger, operator_alerts, reconciling
from trade_core.domain import reconciliation as schedule
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.reconciling import Found, Judgement
from trade_core.flows import channel_commands
from trade_core.flows.book_outside import book_outside
from trade_core.flows.deps import Deps
from trade_core.store import (
    comparing,
    day_statements,
    differences,
    due,
    outgoing,
    reading,
    reconciliations,
    statement_rows,
)
from trade_core.store import ledger as ledger_store

log = structlog.get_logger()

COMPARISONS = Counter("paymesh_reconciliation_comparisons", "Statements compared", ["result"])
DIFFERENCES = Counter(
    "paymesh_reconciliation_differences", "Differences that were opened", ["kind"]
)

MAX_LISTED: Final = 1_000
"""Whoever has more has one trouble, not so many; the statement says how many there are."""

FORGET_BATCH: Final = 20_000


async def compare(deps: Deps, reconciliation: Reconciliation) -> None:
    """Compare the rows that are here with the books as they are now, and act on what differs."""
    now = deps.clock()
    await book_outside(deps, reconciliation)
    async with deps.db.transaction() as tx:
        current = await reconciliations.lock(tx, reconciliation.statement_no)
        if current != reconciliation:
            return  # A person has it fetched again.
        await comparing.allow_time(tx)
        totals = await comparing.sum_up(tx, reconciliation)
        if reconciliation.is_of_whole_day:
            totals = await _book_fees(tx, reconciliation, totals, now)
        await reconciliations.note_totals(tx, reconciliation, totals)
        found, judgement = await _judge(tx, reconciliation, now)
        due_at = schedule.next_comparison(
            reconciliation,
            now,
            is_asking=judgement.is_asking,
            is_differing=judgement.open_count > 0,
        )
        await reconciliations.note_comparison(tx, reconciliation, judgement, now=now, due_at=due_at)
        if judgement.opened:
            alert = operator_alerts.statement_differs(reconciliation, judgement.open_count)
            await outgoing.tell_people(tx, [alert], now)
    _tell(deps, reconciliation, judgement)
    await _ask(deps, found, now)
    if reconciliation.comparisons == 0 and reconciliation.rows_round is not None:
        await forget_rows(deps, reconciliation.statement_no, before_round=reconciliation.rows_round)


async def _book_fees(
    tx: Tx, reconciliation: Reconciliation, totals: Sequence[StatementTotal], now: datetime
) -> list[StatementTotal]:
    """What is not booked yet, in each currency by itself: all of it at first, later what a newer
    statement of the day says otherwise."""
    booked, turns = await ledger_store.fees_of(tx, reconciliation.statement_no)
    listed = {total.currency: total.fees for total in totals}
    for currency in sorted(listed.keys() | booked.keys()):
        missing = listed.get(currency, 0) - booked.get(currency, 0)
        if missing:
            entry = ledger.of_fees(reconciliation, missing, currency, turn=turns, at=now)
            await ledger_store.append(tx, [entry])
            await day_statements.share_fees(tx, reconciliation, currency, turn=turns)
            turns += 1
    return [total.model_copy(update={"fees_booked": total.fees}) for total in totals]


async def _judge(
    tx: Tx, reconciliation: Reconciliation, now: datetime
) -> tuple[Sequence[Found], Judgement]:
    side = schedule.our_side(reconciliation, now)
    found, count = await comparing.compare(tx, reconciliation, side, MAX_LISTED)
    known = await differences.known(tx, reconciliation.statement_no)
    seen = await comparing.seen(tx, reconciliation, reconciling.missed(known))
    judgement = reconciling.judge(found, known, unlisted=count - len(found), seen=seen)
    await differences.save(tx, reconciliation.statement_no, found, judgement, now=now)
    return found, judgement


def _tell(deps: Deps, reconciliation: Reconciliation, judgement: Judgement) -> None:
    deps.wake_relay()
    COMPARISONS.labels(judgement.state).inc()
    for each in judgement.opened:
        DIFFERENCES.labels(each.kind).inc()
    log.info(
        "reconciliation.compared",
        statement_no=reconciliation.statement_no,
        payment_id=reconciliation.account_id,
        day=reconciliation.day.isoformat(),
        state=judgement.state,
        differences=judgement.open_count,
    )


async def _ask(deps: Deps, found: Sequence[Found], now: datetime) -> None:
    """What is not final is due at once; what ended here has no due row, and is asked by itself."""
    async with deps.db.connection() as tx:
        await due.begin_again(tx, reconciling.unfinished(found), now)
        numbers = reconciling.ended(found)
        refunds = await reading.refunds(tx, [each for each in numbers if is_id("refund", each)])
        wanted = [refunds[each].payment_no if each in refunds else each for each in numbers]
        payments = await reading.payments(tx, wanted)
        orders = await reading.orders(tx, list({p.order_id for p in payments.values()}))
    deps.wake_due()
    messages = []
    for number in numbers:
        refund = refunds.get(number)
        payment = payments[number if refund is None else refund.payment_no]
        name = CommandName.QUERY if refund is None else CommandName.QUERY_REFUND
        order = orders[payment.order_id]
        lease_until = now + schedule.ANSWERED_AFTER
        command = channel_commands.command(name, order, payment, refund, lease_until=lease_until)
        messages.append(channel_commands.message(command, number, now))
    if messages:
        await deps.send(messages)


async def forget_rows(deps: Deps, statement_no: str, *, before_round: int) -> None:
    """Delete the rows of earlier rounds, a batch at a time."""
    dropped = FORGET_BATCH
    while dropped == FORGET_BATCH:
        async with deps.db.connection() as tx:
            dropped = await statement_rows.forget(
                tx, statement_no, before_round=before_round, limit=FORGET_BATCH
            )
