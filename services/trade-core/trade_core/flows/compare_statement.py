"""A channel statement beside our books: what differs is asked about first, and then told to people.

A statement makes us ask, and the verified answer counts; only a refund that names no number of ours
is booked from it, for no question answers that (money-moved-outside).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
    statement_sums,
)
from trade_core.store import ledger as ledger_store
from trade_core.store.statement_sums import FeeShare

log = structlog.get_logger()

COMPARISONS = Counter("paymesh_reconciliation_comparisons", "Statements compared", ["result"])
DIFFERENCES = Counter(
    "paymesh_reconciliation_differences", "Differences that were opened", ["kind"]
)

MAX_LISTED: Final = 1_000
"""Whoever has more has one trouble, not so many; the statement says how many there are."""

FORGET_BATCH: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Compared:
    """A statement beside our books, all as of one moment. `fees`: what of them is not booked yet,
    by currency, after so many `turns`; `shares`: of which apps' payments all of them were taken.
    `count` differ, of which `found` are listed; `seen`: numbers that the statement lacked before
    and that stand in one of the account now."""

    totals: Sequence[StatementTotal]
    fees: Mapping[str, int]
    turns: int
    shares: Sequence[FeeShare]
    found: Sequence[Found]
    count: int
    seen: Collection[str]


async def compare(deps: Deps, reconciliation: Reconciliation) -> None:
    """Compare the rows that are here with the books as they are now, and act on what differs.

    What takes long only reads: a transaction that writes keeps the events of all apps waiting.
    """
    now = deps.clock()
    await book_outside(deps, reconciliation)
    async with deps.db.transaction() as tx:
        await comparing.allow_time(tx)
        await statement_sums.mark_listed_before(tx, reconciliation)
    async with deps.db.snapshot() as tx:
        await comparing.allow_time(tx)
        compared = await _read(tx, reconciliation, now)
    async with deps.db.transaction() as tx:
        current = await reconciliations.lock(tx, reconciliation.statement_no)
        if current != reconciliation:
            return  # A person has it fetched again, or another replica was first.
        totals = await _book_fees(tx, reconciliation, compared, now)
        await reconciliations.note_totals(tx, reconciliation, totals)
        judgement = await _judge(tx, reconciliation, compared, now)
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
    await _ask(deps, compared.found, now)
    if reconciliation.comparisons == 0 and reconciliation.rows_round is not None:
        await forget_rows(deps, reconciliation.statement_no, before_round=reconciliation.rows_round)


async def _read(tx: Tx, reconciliation: Reconciliation, now: datetime) -> _Compared:
    totals = await statement_sums.sum_up(tx, reconciliation)
    booked, turns = await ledger_store.fees_of(tx, reconciliation.statement_no)
    fees = _missing_fees(totals, booked) if reconciliation.is_of_whole_day else {}
    side = schedule.our_side(reconciliation, now)
    found, count = await comparing.compare(tx, reconciliation, side, MAX_LISTED)
    known = await differences.known(tx, reconciliation.statement_no)
    return _Compared(
        totals=totals,
        fees=fees,
        turns=turns,
        shares=await statement_sums.fee_shares(tx, reconciliation) if fees else (),
        found=found,
        count=count,
        seen=await comparing.seen(tx, reconciliation, reconciling.missed(known)),
    )


def _missing_fees(totals: Sequence[StatementTotal], booked: Mapping[str, int]) -> dict[str, int]:
    """In each currency by itself: all of it at first, later what a newer statement of the day says
    otherwise."""
    listed = {total.currency: total.fees for total in totals}
    missing = {
        currency: listed.get(currency, 0) - booked.get(currency, 0)
        for currency in sorted(listed.keys() | booked.keys())
    }
    return {currency: fees for currency, fees in missing.items() if fees}


async def _book_fees(
    tx: Tx, reconciliation: Reconciliation, compared: _Compared, now: datetime
) -> Sequence[StatementTotal]:
    if not reconciliation.is_of_whole_day:
        return compared.totals
    for turn, (currency, missing) in enumerate(compared.fees.items(), start=compared.turns):
        entry = ledger.of_fees(reconciliation, missing, currency, turn=turn, at=now)
        await ledger_store.append(tx, [entry])
        shares = [share for share in compared.shares if share.currency == currency]
        await day_statements.share_fees(
            tx, reconciliation.statement_no, currency, shares, turn=turn
        )
    return [total.model_copy(update={"fees_booked": total.fees}) for total in compared.totals]


async def _judge(
    tx: Tx, reconciliation: Reconciliation, compared: _Compared, now: datetime
) -> Judgement:
    """People may have settled some meanwhile: what is known is read again."""
    known = await differences.known(tx, reconciliation.statement_no)
    found = compared.found
    judgement = reconciling.judge(
        found, known, unlisted=compared.count - len(found), seen=compared.seen
    )
    await differences.save(tx, reconciliation.statement_no, found, judgement, now=now)
    return judgement


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
        numbers, outside = reconciling.ended(found), reconciling.outside(found)
        refunds = await reading.refunds(tx, [each for each in numbers if is_id("refund", each)])
        wanted = [refunds[each].payment_no if each in refunds else each for each in numbers]
        payments = await reading.payments(tx, [*wanted, *(number for number, _ in outside)])
        orders = await reading.orders(tx, list({p.order_id for p in payments.values()}))
    deps.wake_due()
    lease_until = now + schedule.ANSWERED_AFTER
    messages = []
    for number in numbers:
        refund = refunds.get(number)
        payment = payments[number if refund is None else refund.payment_no]
        name = CommandName.QUERY if refund is None else CommandName.QUERY_REFUND
        order = orders[payment.order_id]
        command = channel_commands.command(name, order, payment, refund, lease_until=lease_until)
        messages.append(channel_commands.message(command, number, now))
    for payment_no, number in outside:
        payment = payments[payment_no]
        command = channel_commands.about_outside(
            orders[payment.order_id], payment, number, lease_until=lease_until
        )
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
