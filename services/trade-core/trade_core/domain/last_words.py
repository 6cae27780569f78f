"""How far a word about a payment reaches that has ended here: what came before its money went back
(later-wins), and what its payer still holds (payable-until-it-is-not)."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.api import PaymentStatus
from contracts.events.results import PaymentResult, Source
from trade_core.domain import alerts
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import NextCheck
from trade_core.domain.payment import Payment, PaymentFact

MONEY: Final = frozenset({PaymentFact.PAID, PaymentFact.CONFLICT})
ENDS: Final = frozenset({PaymentFact.ENDED, PaymentFact.REVERSED, PaymentFact.DECLINED})


def is_before_reversal(
    was: Payment, fact: PaymentFact, result: PaymentResult, asked_at: datetime
) -> bool:
    """Whether it speaks of money that may be the money which went back: only the answer to a query
    that was asked after that is certainly of other money."""
    if was.reversed_at is None or fact not in MONEY or was.state is PaymentStatus.SUCCEEDED:
        return False
    return result.source is not Source.QUERY or asked_at < was.reversed_at


def doubt(aggregate: OrderAggregate, was: Payment, result: PaymentResult) -> None:
    """Nothing is booked; people hear of it, and the channel is asked at once."""
    aggregate.alerts.append(alerts.paid_before_reversal(aggregate.order, was, result))
    if not was.may_be_paid:
        aggregate.change_payment(replace(was, may_be_paid=True))
    aggregate.next_checks[was.payment_no] = NextCheck(aggregate.now)


def reversed_at(was: Payment, fact: PaymentFact, said_at: datetime) -> datetime | None:
    """When all the money was back; the latest such word counts."""
    if fact is not PaymentFact.REVERSED or was.state is PaymentStatus.SUCCEEDED:
        return was.reversed_at
    return said_at if was.reversed_at is None else max(was.reversed_at, said_at)


def may_be_paid(
    was: Payment,
    state: PaymentStatus,
    fact: PaymentFact,
    *,
    is_found: bool,
    asked_at: datetime,
) -> bool:
    """Whether somebody may still pay what has ended here: that a channel knows no such trade yet
    does not keep a payer from opening its link."""
    if state is PaymentStatus.SUCCEEDED or (fact in ENDS and is_found):
        return False
    if is_found:
        return was.may_be_paid
    has_just_closed = state is PaymentStatus.CLOSED and was.state is not state
    return (has_just_closed or was.may_be_paid) and asked_at < was.payable_until
