"""To close: the order at once, a payment when its channel is certain."""

from dataclasses import replace

import pytest
from tests.builders.trade_core import (
    aggregate,
    cashier_request,
    fresh,
    later,
    payment_result,
    pending,
)

from contracts.api import OrderStatus, PaymentStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import Source, Verdict
from trade_core.domain import closing
from trade_core.domain.apply_result import apply_payment_result
from trade_core.domain.due import NextCheck
from trade_core.domain.errors import OrderPaid


def test_close_of_the_app_closes_the_order_and_asks_the_channel() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    closing.close_order(opened)
    assert opened.order.state is OrderStatus.CLOSED
    assert opened.payments[payment.payment_no].state is PaymentStatus.PENDING
    assert opened.next_checks[payment.payment_no] == NextCheck(opened.now)
    assert [event.type for event in opened.events] == ["order.closed"]


def test_payment_is_closed_when_the_channel_says_so() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    closing.close_order(opened)
    closed = payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED)
    apply_payment_result(opened, closed, said_at=opened.now, late=LatePayment.ACCEPT)
    assert opened.payments[payment.payment_no].state is PaymentStatus.CLOSED
    assert opened.next_checks[payment.payment_no] is None
    assert [event.type for event in opened.events] == ["order.closed", "payment.closed"]


def test_payment_that_no_channel_knows_is_closed_at_once() -> None:
    order, payment = fresh(cashier_request())
    opened = aggregate(order, payment)
    closing.close_order(opened)
    assert opened.payments[payment.payment_no].state is PaymentStatus.CLOSED
    assert [event.type for event in opened.events] == ["payment.closed", "order.closed"]
    assert opened.next_checks[payment.payment_no] is None


def test_closing_again_changes_nothing() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    closing.close_order(opened)
    closing.close_order(opened)
    assert len(opened.events) == 1


def test_paid_order_cannot_be_closed() -> None:
    order, payment = pending()
    opened = aggregate(replace(order, state=OrderStatus.PAID), payment)
    with pytest.raises(OrderPaid):
        closing.close_order(opened)


def test_expired_order_is_closed_when_its_last_payment_is() -> None:
    order, payment = pending()
    opened = aggregate(order, payment, now=later(7300))
    closing.end_expired(opened)
    assert opened.events == []
    closed = payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED)
    apply_payment_result(opened, closed, said_at=opened.now, late=LatePayment.ACCEPT)
    assert opened.order.state is OrderStatus.CLOSED
    assert [event.type for event in opened.events] == ["payment.closed", "order.closed"]


def test_order_whose_attempts_all_failed_is_closed_by_its_expiry() -> None:
    order, payment = fresh(state=PaymentStatus.FAILED)
    opened = aggregate(order, payment, now=later(7300))
    closing.end_expired(opened)
    assert opened.order.state is OrderStatus.CLOSED
    assert opened.next_checks[payment.payment_no] is None
