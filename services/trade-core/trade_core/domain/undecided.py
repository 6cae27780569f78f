"""What keeps an order from being paid by another attempt: it is over, or people must decide about
money that a channel has, or may have (`conflicted-is-not-unpaid`)."""

from collections.abc import Sequence

from contracts.api import OrderStatus, PaymentStatus, RefundStatus
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import OrderClosed, OrderPaid, PaymentConflicted, PaymentError
from trade_core.domain.payment import Payment


def find_refusal(aggregate: OrderAggregate) -> PaymentError | None:
    """Why no other payment of the order is opened. That it is closed comes last: the answer to that
    is to pay under a new number, and what people must decide about may be the payer's money."""
    order, latest = aggregate.order, aggregate.latest
    if order.state is OrderStatus.PAID:
        return OrderPaid(aggregate.numbers_of(aggregate.settling or latest))
    if undecided := find_undecided(aggregate):
        return PaymentConflicted(aggregate.numbers_of(undecided))
    if order.state is OrderStatus.CLOSED:
        return OrderClosed(aggregate.numbers_of(latest))
    return None


def find_undecided(aggregate: OrderAggregate) -> Payment | None:
    """A payment in conflict, or one that was to go back and is not on its way: its refund failed,
    or is stuck. The aggregate must know the refunds of what is `going_back`."""
    undecided = (
        each
        for each in aggregate.payments.values()
        if each.state is PaymentStatus.CONFLICTED or _is_stranded(aggregate, each)
    )
    return next(undecided, None)


def going_back(aggregate: OrderAggregate) -> Sequence[str]:
    """The payments of which refunds reserve what is not back: under way, or stuck."""
    return [
        number
        for number, each in aggregate.payments.items()
        if _is_unwanted(each) and each.refund_reserved > each.amount_refunded
    ]


def _is_stranded(aggregate: OrderAggregate, payment: Payment) -> bool:
    stuck = sum(
        one.amount
        for one in aggregate.refunds.values()
        if one.payment_no == payment.payment_no and one.state is RefundStatus.ABNORMAL
    )
    return _is_unwanted(payment) and payment.amount > payment.refund_reserved - stuck


def _is_unwanted(payment: Payment) -> bool:
    """Whether a channel has taken money that pays no order."""
    return payment.state is PaymentStatus.SUCCEEDED and not payment.settles
