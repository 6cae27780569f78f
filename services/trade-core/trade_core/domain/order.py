"""An order (订单): what the app wants paid. Its state and amounts derive from its payments."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from contracts.api import OrderStatus as State
from contracts.api import RefundCause
from contracts.events.configuration import LatePayment
from trade_core.domain.errors import ThreeNumbers
from trade_core.domain.known_fact import KnownFact
from trade_core.domain.payment import Payment
from trade_core.domain.refused_results import IllegalTransition


class OrderFact(KnownFact):
    SETTLED = "settled", "A payment succeeded and counts for the order."
    WITHDRAWN = "withdrawn", "The app closed it."
    EXPIRED = "expired", "Its time is over, and none of its payments can be paid any more."


TRANSITIONS: Final[dict[tuple[State, OrderFact], State]] = {
    (State.OPEN, OrderFact.SETTLED): State.PAID,
    (State.OPEN, OrderFact.WITHDRAWN): State.CLOSED,
    (State.OPEN, OrderFact.EXPIRED): State.CLOSED,
    #
    # A late success that is accepted.
    (State.CLOSED, OrderFact.SETTLED): State.PAID,
    (State.CLOSED, OrderFact.WITHDRAWN): State.CLOSED,
    (State.CLOSED, OrderFact.EXPIRED): State.CLOSED,
    #
    (State.PAID, OrderFact.SETTLED): State.PAID,
}


@dataclass(frozen=True, slots=True)
class OrderKey:
    """By what an app knows its order."""

    app_id: str
    merchant_id: str
    merchant_order_no: str


@dataclass(frozen=True, slots=True)
class Order:
    """`version` counts the events that were told of it; `latest_payment_no` is its newest attempt.

    `amount_paid` and `amount_refunded` are of the payment that settles the order: money that goes
    back by itself (paid twice, paid too late) was never the order's.
    """

    order_id: str
    app_id: str
    merchant_id: str
    merchant_order_no: str
    amount: int
    currency: str
    subject: str
    created_at: datetime
    expires_at: datetime
    latest_payment_no: str
    state: State = State.OPEN
    closed_by_app: bool = False
    amount_paid: int = 0
    amount_refunded: int = 0
    version: int = 0
    signed_at: datetime | None = None


def numbers_of(order: Order, payment: Payment) -> ThreeNumbers:
    return ThreeNumbers(order.merchant_order_no, payment.payment_no, payment.channel_trade_no)


def derive(order: Order, payments: Collection[Payment], now: datetime) -> Order:
    """The order as its payments make it."""
    settled = [payment for payment in payments if payment.settles]
    fact = _fact(order, payments, now)
    state = order.state if fact is None else after(order.state, fact)
    paid = sum(payment.amount for payment in settled)
    refunded = sum(payment.amount_refunded for payment in settled)
    if (order.state, order.amount_paid, order.amount_refunded) == (state, paid, refunded):
        return order
    return replace(order, state=state, amount_paid=paid, amount_refunded=refunded)


def after(state: State, fact: OrderFact) -> State:
    """The state after this fact. Raises IllegalTransition where the table has no such pair."""
    try:
        return TRANSITIONS[state, fact]
    except KeyError:
        raise IllegalTransition("order", state, fact) from None


def return_cause(
    order: Order,
    payments: Collection[Payment],
    paid: Payment,
    *,
    paid_at: datetime | None,
    late: LatePayment,
) -> RefundCause | None:
    """Why the money of this new success goes back by itself; None: it settles the order.

    `first-success-wins`; what comes after the end is for the app's policy (`late-success`). As long
    as the order is open, `paid_at`, the channel's word, counts: money that was in time is not late
    because we hear of it late. Once the app knows the order as closed, only its policy reopens it.
    """
    if any(payment.settles for payment in payments):
        return RefundCause.DUPLICATE
    end = max(order.expires_at, paid.expires_at)
    is_late = order.state is State.CLOSED or (paid_at is not None and paid_at > end)
    return RefundCause.LATE if is_late and late is LatePayment.REFUND else None


def _fact(order: Order, payments: Collection[Payment], now: datetime) -> OrderFact | None:
    if any(payment.settles for payment in payments):
        return OrderFact.SETTLED
    if order.closed_by_app:
        return OrderFact.WITHDRAWN
    if now >= order.expires_at and not any(payment.is_open for payment in payments):
        return OrderFact.EXPIRED
    return None
