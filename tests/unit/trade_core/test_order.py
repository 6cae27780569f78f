"""An order follows from its payments."""

from dataclasses import replace
from typing import Any

import pytest
from tests.builders.trade_core import later, pending

from contracts.api import OrderStatus, PaymentStatus, RefundCause
from contracts.events.configuration import LatePayment
from trade_core.domain.order import TRANSITIONS, Order, OrderFact, after, derive, return_cause
from trade_core.domain.payment import Payment
from trade_core.domain.refused_results import IllegalTransition

AFTER_THE_END_S = 7200


def settling(payment: Payment, **changes: Any) -> Payment:
    return replace(payment, state=PaymentStatus.SUCCEEDED, settles=True, **changes)


def test_order_with_an_unpaid_payment_is_open() -> None:
    order, payment = pending()
    assert derive(order, [payment], later(0)).state is OrderStatus.OPEN


def test_order_is_paid_by_the_payment_that_settles_it() -> None:
    order, payment = pending()
    derived = derive(order, [settling(payment)], later(0))
    assert (derived.state, derived.amount_paid) == (OrderStatus.PAID, 1299)


def test_amounts_are_those_of_the_settling_payment_only() -> None:
    order, payment = pending()
    double = replace(
        payment, payment_no="P2", state=PaymentStatus.SUCCEEDED,
        refund_reserved=1299, amount_refunded=1299,
    )  # fmt: skip
    first = settling(payment, refund_reserved=300, amount_refunded=300)
    derived = derive(order, [first, double], later(0))
    assert (derived.amount_paid, derived.amount_refunded) == (1299, 300)


def test_expired_order_stays_open_while_something_may_still_be_paid() -> None:
    order, payment = pending()
    now = later(AFTER_THE_END_S)
    assert derive(order, [payment], now).state is OrderStatus.OPEN
    unknown = replace(payment, state=PaymentStatus.UNKNOWN)
    assert derive(order, [unknown], now).state is OrderStatus.OPEN
    closed = replace(payment, state=PaymentStatus.CLOSED)
    assert derive(order, [closed], now).state is OrderStatus.CLOSED


def test_order_closed_by_the_app_is_closed_at_once() -> None:
    order, payment = pending()
    withdrawn = replace(order, closed_by_app=True)
    assert derive(withdrawn, [payment], later(0)).state is OrderStatus.CLOSED


def test_closed_order_becomes_paid_by_an_accepted_late_success() -> None:
    order, payment = pending()
    closed = replace(order, state=OrderStatus.CLOSED, closed_by_app=True)
    assert derive(closed, [settling(payment)], later(9)).state is OrderStatus.PAID


@pytest.mark.parametrize("state", OrderStatus)
@pytest.mark.parametrize("fact", OrderFact)
def test_every_pair_is_in_the_table_or_raises(state: OrderStatus, fact: OrderFact) -> None:
    if (state, fact) in {
        (OrderStatus.PAID, OrderFact.WITHDRAWN),
        (OrderStatus.PAID, OrderFact.EXPIRED),
    }:
        with pytest.raises(IllegalTransition):
            after(state, fact)
    else:
        assert after(state, fact) is TRANSITIONS[state, fact]


def cause(order: Order, payments: list[Payment], paid: Payment, **changes: Any) -> Any:
    usual = {"paid_at": later(1), "late": LatePayment.REFUND}
    return return_cause(order, payments, paid, **{**usual, **changes})


def test_first_success_in_time_is_kept() -> None:
    order, payment = pending()
    assert cause(order, [payment], payment) is None


@pytest.mark.parametrize("policy", LatePayment)
def test_second_success_goes_back_whatever_the_policy(policy: LatePayment) -> None:
    order, payment = pending()
    second = replace(payment, payment_no="P2")
    assert cause(order, [settling(payment), second], second, late=policy) is RefundCause.DUPLICATE


def test_success_after_the_apps_close_is_late() -> None:
    order, payment = pending()
    closed = replace(order, state=OrderStatus.CLOSED, closed_by_app=True)
    assert cause(closed, [payment], payment) is RefundCause.LATE
    assert cause(closed, [payment], payment, late=LatePayment.ACCEPT) is None


def test_success_after_expiry_is_late_by_the_channels_own_time() -> None:
    order, payment = pending()
    assert cause(order, [payment], payment, paid_at=later(AFTER_THE_END_S + 1)) is RefundCause.LATE
    assert cause(order, [payment], payment, paid_at=later(AFTER_THE_END_S - 1)) is None
    assert cause(order, [payment], payment, paid_at=None) is None
