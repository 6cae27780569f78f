"""Refunds made at a channel without us, as statements list them (`money-moved-outside`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.api import PaymentStatus, RefundCause
from trade_core.domain import refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.payment import OutsideWord


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

    Numbers are matched first, as far as was booked under them. What is left is explained by sum: of
    what was booked from a total since the first of these days began, and never by disputes. The
    aggregate must know all refunds of the payment.
    """
    payment = aggregate.payments[payment_no]
    if payment.state is not PaymentStatus.SUCCEEDED:
        return
    ours = [one for one in aggregate.refunds.values() if one.payment_no == payment_no]
    disputes = {one.channel_refund_no for one in ours if one.is_dispute}
    listed = [one for one in listed if one.number not in disputes]
    booked = [one for one in ours if one.cause is RefundCause.EXTERNAL and not one.is_dispute]
    known = {one.channel_refund_no: one.amount for one in booked if one.channel_refund_no}
    short = [(one, one.amount - known.get(one.number, 0)) for one in listed]
    short = [(one, amount) for one, amount in short if amount > 0]
    if not short:
        return
    since = min(one.day_begins_at for one, _ in short)
    covered = sum(one.amount for one in booked if one.created_at >= since)
    covered -= sum(min(one.amount, known.get(one.number, 0)) for one in listed)
    for one, amount in short:
        missing = amount - max(covered, 0)
        covered -= amount
        if missing > 0:
            number = None if one.number in known else one.number or None
            word = OutsideWord(missing, number, said_at, said_at, is_total=False)
            refund_reservation.book_external(aggregate, aggregate.payments[payment_no], word)
