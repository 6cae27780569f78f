"""fifteen-second-rule: how a request for an order that is known already is answered."""

from datetime import timedelta
from math import ceil
from typing import Final

from contracts.api import OrderStatus
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import TooSoon
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.payment import Payment
from trade_core.domain.undecided import find_refusal, find_undecided

NOTHING: Final = timedelta()


def find_replayed(aggregate: OrderAggregate, request: PaymentRequest) -> Payment | None:
    """The payment that answers the request, as it is now; None: another one is to be opened.

    Raises OrderPaid, PaymentConflicted, OrderClosed, TooSoon.
    """
    latest = aggregate.latest
    left = latest.initiated_at + request.window - aggregate.now
    is_repeat = left > NOTHING and latest.fingerprint == request.content.fingerprint()
    if is_repeat and _may_be_shown(aggregate):
        return latest
    if refusal := find_refusal(aggregate):
        raise refusal
    too_soon = TooSoon(max(ceil(left.total_seconds()), 1), aggregate.numbers_of(latest))
    if _is_outdated(aggregate, request):
        if made := _made_by(aggregate, request):
            return made
        raise too_soon
    if left > NOTHING:
        raise too_soon
    return None


def _may_be_shown(aggregate: OrderAggregate) -> bool:
    """Not where the latest payment may still wait for its payer, who must not pay (again)."""
    if aggregate.order.state is OrderStatus.OPEN:
        return find_undecided(aggregate) in (None, aggregate.latest)
    return aggregate.order.state is OrderStatus.PAID


def _is_outdated(aggregate: OrderAggregate, request: PaymentRequest) -> bool:
    """Whether it was signed no later than the latest request that opened a payment: bytes that are
    sent once more, by whomever, change nothing."""
    known, signed_at = aggregate.order.signed_at, request.signed_at
    return known is not None and signed_at is not None and signed_at <= known


def _made_by(aggregate: OrderAggregate, request: PaymentRequest) -> Payment | None:
    """The latest payment of this content."""
    fingerprint = request.content.fingerprint()
    made = [each for each in aggregate.payments.values() if each.fingerprint == fingerprint]
    return max(made, key=lambda payment: payment.created_at, default=None)
