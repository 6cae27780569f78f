"""fifteen-second-rule, and what it answers to bytes that come once more."""

from dataclasses import replace
from datetime import datetime

import pytest
from tests.builders.trade_core import NOON, aggregate, fresh, later, payment_request, pending

from contracts.api import OrderStatus, PaymentStatus
from trade_core.domain import opening
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import OrderClosed, OrderPaid, PaymentConflicted, TooSoon
from trade_core.domain.fifteen_second_rule import find_replayed
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment


def replays(order: Order, payment: Payment, again: PaymentRequest, now: datetime) -> bool:
    return find_replayed(aggregate(order, payment, now=now), again) is payment


@pytest.mark.parametrize("state", PaymentStatus)
@pytest.mark.parametrize("seconds", [0, 14.9])
def test_same_content_within_the_window_is_a_replay(state: PaymentStatus, seconds: float) -> None:
    order, payment = fresh(state=state)
    assert replays(order, payment, payment_request(), later(seconds))


def test_same_content_after_the_window_opens_another() -> None:
    assert not replays(*fresh(), payment_request(), later(15))


@pytest.mark.parametrize(("seconds", "wait_s"), [(0, 15), (0.5, 15), (14.2, 1), (14.999, 1)])
def test_other_content_within_the_window_is_too_soon(seconds: float, wait_s: int) -> None:
    order, payment = fresh()
    with pytest.raises(TooSoon) as refused:
        replays(order, payment, payment_request(amount=1300), later(seconds))
    assert refused.value.retry_after_s == wait_s
    assert refused.value.extra["payment"] == {
        "merchant_order_no": "W1",
        "payment_no": payment.payment_no,
        "channel_trade_no": None,
    }


def test_window_is_the_apps() -> None:
    order, payment = fresh()
    assert not replays(order, payment, payment_request(amount=1300, window_s=1), later(1))
    assert replays(order, payment, payment_request(window_s=60), later(59))


def test_window_is_measured_from_the_latest_initiation() -> None:
    order, payment = fresh()
    assert replays(order, replace(payment, initiated_at=later(20)), payment_request(), later(30))


def test_same_values_in_another_form_are_the_same_content() -> None:
    order, payment = fresh()
    assert replays(order, payment, payment_request(currency="CNY", metadata={}), later(1))
    assert replays(order, payment, payment_request(expires_in_s=7200), later(1))


def test_paid_order_replays_within_the_window_and_refuses_after_it() -> None:
    order, payment = fresh(state=PaymentStatus.SUCCEEDED)
    paid = replace(order, state=OrderStatus.PAID)
    assert replays(paid, payment, payment_request(), later(1))
    with pytest.raises(OrderPaid):
        replays(paid, payment, payment_request(amount=1), later(1))
    with pytest.raises(OrderPaid):
        replays(paid, payment, payment_request(), later(16))


@pytest.mark.parametrize("seconds", [1, 16])
def test_closed_order_refuses(seconds: float) -> None:
    order, payment = fresh()
    closed = replace(order, state=OrderStatus.CLOSED, closed_by_app=True)
    with pytest.raises(OrderClosed):
        replays(closed, payment, payment_request(), later(seconds))


# ── conflicted-is-not-unpaid ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("seconds", "amount"), [(1, 1300), (16, 1299), (16, 1300), (9000, 1299)])
def test_conflicted_payment_lets_nobody_pay_again(seconds: float, amount: int) -> None:
    order, payment = fresh(state=PaymentStatus.CONFLICTED)
    with pytest.raises(PaymentConflicted) as refused:
        replays(order, payment, payment_request(amount=amount), later(seconds))
    assert refused.value.extra["payment"]["payment_no"] == payment.payment_no


def test_repeat_is_not_answered_with_another_payment_that_waits_for_its_payer() -> None:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    opening.open_another(opened, payment_request())
    opened.payments[first.payment_no] = replace(first, state=PaymentStatus.CONFLICTED)
    with pytest.raises(PaymentConflicted):
        find_replayed(opened, payment_request())


# ── a request that was signed before the latest ───────────────────────────────────────────────


def raised_to_200() -> tuple[OrderAggregate, Payment, Payment]:
    order, first = fresh(payment_request(amount=100, signed_at=NOON))
    opened = aggregate(order, first, now=later(20))
    second = opening.open_another(opened, payment_request(amount=200, signed_at=later(20)))
    return opened, first, second


@pytest.mark.parametrize("seconds", [21, 40, 299])
def test_first_requests_bytes_answer_their_payment_and_change_nothing(seconds: float) -> None:
    opened, first, _ = raised_to_200()
    opened.now = later(seconds)
    replayed = find_replayed(opened, payment_request(amount=100, signed_at=NOON))
    assert replayed is not None
    assert replayed.payment_no == first.payment_no
    assert opened.order.amount == 200


def test_latest_requests_bytes_after_the_window_open_nothing() -> None:
    opened, _, second = raised_to_200()
    opened.now = later(60)
    assert find_replayed(opened, payment_request(amount=200, signed_at=later(20))) is second


@pytest.mark.parametrize("signed", [5, 20])
@pytest.mark.parametrize("seconds", [21, 60])
def test_older_request_that_never_opened_anything_is_too_soon(signed: int, seconds: float) -> None:
    opened, _, _ = raised_to_200()
    opened.now = later(seconds)
    with pytest.raises(TooSoon) as refused:
        find_replayed(opened, payment_request(amount=150, signed_at=later(signed)))
    assert refused.value.retry_after_s is not None
    assert refused.value.retry_after_s >= 1


def test_newer_request_opens_another_after_the_window() -> None:
    opened, _, _ = raised_to_200()
    opened.now = later(60)
    newer = payment_request(amount=100, signed_at=later(60))
    assert find_replayed(opened, newer) is None
    opening.open_another(opened, newer)
    assert (opened.order.amount, opened.order.signed_at) == (100, later(60))


def test_request_that_nobody_signed_is_judged_by_the_window_only() -> None:
    opened, _, _ = raised_to_200()
    opened.now = later(60)
    unsigned = payment_request(amount=100)
    assert find_replayed(opened, unsigned) is None
    opening.open_another(opened, unsigned)
    assert opened.order.signed_at == later(20)
