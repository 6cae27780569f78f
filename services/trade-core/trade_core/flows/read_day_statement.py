"""What an app's orders moved of a merchant's money in a Beijing day, to the fen as in the ledger.

A statement tells what was booked within the day, by the time of the ledger. Its balance is what
the channel still holds of the captured money for the merchant: what went back to payers, to the
receivers of splits and to the channel as fees is gone from it, and a refund or split that is still
on its way is not. Lines and totals are kept added up beside the balances of the ledger; what is
younger is read from the ledger itself.
"""

from datetime import date, datetime
from typing import Any, Final

from chassis.database import Database
from chassis.problems import FieldError, InvalidRequest, Overloaded
from contracts.api import DayStatement, LineKind, StatementLine
from trade_core.domain.ledger import Kind
from trade_core.domain.reconciliation import day_of
from trade_core.flows.deps import Deps
from trade_core.flows.read_ledger import ADVANCE_BATCH, SETTLED_AFTER
from trade_core.store import day_statements
from trade_core.store.day_statements import Holder, Total

MAX_LINES: Final = 1_000
"""What the gateway reads at once for a file; apps read at most a tenth of it."""

MAX_BEHIND: Final = 1_000_000
"""So many transactions of the ledger can be read beside the kept lines and be answered in time."""

MAX_DIGITS: Final = 18
"""Of the number of a ledger transaction, which is the cursor."""

KINDS: Final[dict[str, LineKind]] = {
    Kind.PAYMENT_CAPTURED: "captured",
    Kind.REFUND_SETTLED: "refunded",
    Kind.REFUND_SETTLED_OUTSIDE: "refunded_outside",
    Kind.REFUND_BOUNCED: "refund_bounced",
    Kind.SPLIT_SETTLED: "split",
    Kind.SPLIT_RETURNED: "split_returned",
    Kind.SPLIT_RETURN_RELEASED: "split_kept",
    Kind.CHANNEL_FEES_TAKEN: "fees",
}
"""What is booked when something starts or is released moves no money, and is no line."""


async def advance_days(db: Database, now: datetime) -> int:
    """Take what is settled into the kept lines and totals, a batch at a time; answers how many
    transactions. Several replicas may do it at once, as with `advance_balances`."""
    async with db.transaction() as tx:
        return await day_statements.advance(tx, before=now - SETTLED_AFTER, limit=ADVANCE_BATCH)


async def get_day_statement(
    deps: Deps, holder: Holder, day: date, *, after: str | None, limit: int
) -> DayStatement:
    """The day's totals and a page of its lines.

    Raises InvalidRequest for a day to come or a cursor that is not ours, and Overloaded as long as
    the kept lines are too far behind (after an upgrade, until what is old was added up).
    """
    now = deps.clock()
    if day > day_of(now):
        raise _invalid("/date", "is a day to come")
    place = _place(after)
    async with deps.reader.snapshot() as tx:
        position = await day_statements.get_position(tx)
        if position.latest - position.upto > MAX_BEHIND:
            raise Overloaded("Statements are still being added up.", retry_after_s=60)
        totals = await day_statements.list_totals(tx, holder, day, upto=position.upto)
        rows = await day_statements.list_lines(
            tx, holder, day, upto=position.upto, after=place, limit=limit + 1
        )
    page = rows[:limit]
    of_currency = [total for total in totals if total.currency == holder.currency]
    opening = sum(total.before for total in of_currency)
    return DayStatement(
        date=day,
        merchant_id=holder.merchant_id,
        currency=holder.currency,
        currencies=sorted({total.currency for total in totals}),
        is_final=day_of(now - SETTLED_AFTER) > day,
        opening=opening,
        captured=_moved(of_currency, "captured"),
        refunded=-_moved(of_currency, "refunded"),
        split=-_moved(of_currency, "split"),
        fees=-_moved(of_currency, "fees"),
        closing=opening + sum(total.within for total in of_currency),
        lines=[_line(row) for row in page],
        next_cursor=str(page[-1]["transaction_id"]) if len(rows) > limit else None,
    )


def _moved(totals: list[Total], part: str) -> int:
    return sum(total.within for total in totals if total.part == part)


def _line(row: Any) -> StatementLine:
    return StatementLine.model_validate({**row, "kind": KINDS[row["kind"]]})


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > MAX_DIGITS:
        raise _invalid("/after", "is not a cursor of this list")
    return int(cursor)


def _invalid(pointer: str, message: str) -> InvalidRequest:
    return InvalidRequest(f"{pointer[1:]} {message}.", errors=[FieldError(pointer, message)])
