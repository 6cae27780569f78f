"""Refunds that a statement lists and that name no refund of ours are booked (money-moved-outside).

The rows of an account's statements that are kept, and the refunds made outside that are booked,
are two lists of one thing: what the first has and the second has not, by number and then by sum,
is new. A channel's total may have been booked under the number of its latest refund alone.
"""

from datetime import datetime

import structlog

from trade_core.domain import reconciliation as schedule
from trade_core.domain import statement_refunds
from trade_core.domain.reconciliation import Reconciliation
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_or_blame
from trade_core.store import aggregates, comparing, saving
from trade_core.store.concurrency import ConcurrentChange

log = structlog.get_logger()

MAX_PAYMENTS = 1_000
"""Of one statement; whoever has more has one trouble, and the comparison shows the rest."""


async def book_outside(deps: Deps, reconciliation: Reconciliation) -> None:
    """Each payment by itself: one that cannot be booked stays a difference."""
    async with deps.db.connection() as tx:
        numbers = await comparing.refunded_outside(tx, reconciliation, MAX_PAYMENTS)
    for payment_no in numbers:
        try:
            await _book(deps, reconciliation, payment_no)
        except ConcurrentChange as change:
            log.warning("statement.refund_not_booked", payment_no=payment_no, reason=str(change))


@retry_or_blame
async def _book(deps: Deps, reconciliation: Reconciliation, payment_no: str) -> None:
    async with deps.db.transaction() as tx:
        opened = await aggregates.by_payments(tx, [payment_no])
        await aggregates.know_refunds(tx, opened.values(), [payment_no])
        rows = await comparing.outside_refunds(tx, reconciliation.account_id, payment_no)
        for aggregate in opened.values():
            statement_refunds.apply_statement(aggregate, payment_no, rows, _said_at(reconciliation))
        await saving.save(tx, opened.values())
    committed(deps, opened.values())


def _said_at(reconciliation: Reconciliation) -> datetime:
    return schedule.beginning_of(reconciliation.day) + schedule.DAY
