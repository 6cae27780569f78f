"""Refunds made at a channel without us, as statements list them (`money-moved-outside`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.api import PaymentStatus, RefundCause
from trade_core.domain import refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.payment import OutsideWord
from trade_core.domain.reconciliation import DAY
from trade_core.domain.refund import Refund


@dataclass(frozen=True, slots=True)
class StatementRefund:
    """A refund in a channel's statement that names no refund of ours; `amount` is positive."""

    number: str
    amount: int
    day_begins_at: datetime


def apply_statement(
    aggregate: OrderAggregate,
    payment_no: str,
    listed: Sequence[StatementRefund],
    said_at: datetime,
) -> None:
    """Book what the statements of the payment's account list and nothing booked explains.

    Numbers are matched first, as far as was booked under them; what is left is explained by sum,
    the earliest day first, and never by disputes. The aggregate must know all refunds of the
    payment.
    """
    payment = aggregate.payments[payment_no]
    if payment.state is not PaymentStatus.SUCCEEDED:
        return
    ours = [one for one in aggregate.refunds.values() if one.payment_no == payment_no]
    disputes = {one.channel_refund_no for one in ours if one.is_dispute}
    listed = [one for one in listed if one.number not in disputes]
    booked = [one for one in ours if one.cause is RefundCause.EXTERNAL and not one.is_dispute]
    known = {one.channel_refund_no: one.amount for one in booked if one.channel_refund_no}
    rests = _Rests(booked, listed)
    for one in sorted(listed, key=lambda each: each.day_begins_at):
        missing = one.amount - known.get(one.number, 0)
        missing -= rests.explain(one, missing)
        if missing > 0:
            number = None if one.number in known else one.number or None
            word = OutsideWord(missing, number, said_at, said_at, is_total=False)
            refund_reservation.book_external(aggregate, aggregate.payments[payment_no], word)


class _Rests:
    """What was booked beyond the row of its own number: it may be what other rows list."""

    def __init__(self, booked: Sequence[Refund], listed: Sequence[StatementRefund]) -> None:
        by_number = {one.number: one.amount for one in listed if one.number}
        self._booked = sorted(booked, key=_said_at)
        self._left = {
            one.refund_no: one.amount - by_number.get(one.channel_refund_no or "", 0)
            for one in booked
        }

    def explain(self, row: StatementRefund, amount: int) -> int:
        """Take off up to so much of what may be this row; answers how much."""
        wanted = amount
        for one in self._booked:
            taken = max(min(wanted, self._left[one.refund_no]), 0)
            if taken and _may_be(one, row):
                self._left[one.refund_no] -= taken
                wanted -= taken
        return amount - wanted


def _may_be(refund: Refund, row: StatementRefund) -> bool:
    """A total may count every refund before it. What a channel told of by itself is one refund, of
    its day; it may be listed under another number, as long as its own is not listed."""
    said_at = _said_at(refund)
    is_later = said_at > row.day_begins_at
    return is_later and not (refund.is_single and said_at > row.day_begins_at + DAY)


def _said_at(refund: Refund) -> datetime:
    return refund.last_said_at or refund.created_at
