"""Whatever channels say comes twice, late or out of order, and ends in one and the same books."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.trade_core import (
    aggregate,
    apply_word,
    fresh,
    later,
    paid,
    payment_result,
    refund_result,
)

from contracts.api import CreateRefund, OrderStatus, PaymentStatus, RefundStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult, Source, Verdict
from trade_core.domain import closing, refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_result import apply_payment_result
from trade_core.domain.errors import OrderPaid
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund

Word = tuple[Source, Verdict, dict[str, Any]]

NOISE: list[Word] = [
    (Source.INITIATION, Verdict.PENDING, {}),
    (Source.INITIATION, Verdict.UNKNOWN, {}),
    (Source.QUERY, Verdict.PENDING, {}),
    (Source.QUERY, Verdict.PENDING, {"found": False}),
    (Source.QUERY, Verdict.UNKNOWN, {}),
    (Source.CLOSE, Verdict.DECLINED, {}),
    (Source.CLOSE, Verdict.UNKNOWN, {}),
]
"""What decides nothing."""

ENDS: list[tuple[Word, PaymentStatus]] = [
    ((Source.CLOSE, Verdict.SUCCEEDED, {}), PaymentStatus.CLOSED),
    ((Source.QUERY, Verdict.DECLINED, {"closed": True}), PaymentStatus.CLOSED),
    ((Source.QUERY, Verdict.DECLINED, {}), PaymentStatus.FAILED),
    ((Source.NOTICE, Verdict.DECLINED, {}), PaymentStatus.FAILED),
]
"""What decides it, unless the money comes."""

noise = st.lists(st.sampled_from(NOISE), max_size=5)
LATER_S = 60
"""When no call of ours can be under way any more."""


@given(noise, st.sampled_from(ENDS), st.booleans(), st.data())
def test_payment_ends_as_its_channel_decided_whatever_the_order(
    words: list[Word], end: tuple[Word, PaymentStatus], is_paid: bool, data: st.DataObject
) -> None:
    order, payment = fresh()
    truth = [
        payment_result(payment, source, verdict, **more)
        for source, verdict, more in (*words, end[0])
    ]
    truth += [paid(payment, source) for source in (Source.NOTICE, Source.QUERY) if is_paid]
    opened = aggregate(order, payment, now=later(LATER_S))
    _apply(opened, _shuffled(truth, data))
    now_is = opened.payments[payment.payment_no]
    assert now_is.state is (PaymentStatus.SUCCEEDED if is_paid else end[1])
    assert now_is.settles is is_paid
    assert len(opened.entries) == int(is_paid)
    assert _count_of(opened, "payment.succeeded") == int(is_paid)


@given(noise, st.data())
def test_payment_in_conflict_stays_so_whatever_the_order(
    words: list[Word], data: st.DataObject
) -> None:
    order, payment = fresh()
    truth = [payment_result(payment, source, verdict, **more) for source, verdict, more in words]
    truth += [paid(payment, source, amount=1) for source in (Source.NOTICE, Source.QUERY)]
    opened = aggregate(order, payment, now=later(LATER_S))
    _apply(opened, _shuffled(truth, data))
    assert opened.payments[payment.payment_no].state is PaymentStatus.CONFLICTED
    assert (opened.entries, _count_of(opened, "payment.conflicted")) == ([], 1)


@given(st.lists(st.booleans(), min_size=1, max_size=3), st.booleans(), st.data())
def test_order_is_paid_once_whatever_the_order(
    who_is_paid: list[bool], is_withdrawn: bool, data: st.DataObject
) -> None:
    """Each attempt is closed, and some are paid all the same; the app may close at any moment."""
    order, first = fresh()
    attempts = [replace(first, payment_no=f"P{place}") for place in range(len(who_is_paid))]
    truth: list[PaymentResult | None] = [None] * is_withdrawn
    for payment, is_paid in zip(attempts, who_is_paid, strict=True):
        truth.append(payment_result(payment, Source.INITIATION, Verdict.PENDING))
        truth.append(payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED))
        truth += [paid(payment)] * is_paid
    latest = replace(order, latest_payment_no=attempts[-1].payment_no)
    opened = aggregate(latest, *attempts, now=later(LATER_S))
    _apply(opened, _shuffled(truth, data))

    count = sum(who_is_paid)
    closed = OrderStatus.CLOSED if is_withdrawn else OrderStatus.OPEN
    assert opened.order.state is (OrderStatus.PAID if count else closed)
    assert opened.order.amount_paid == (first.amount if count else 0)
    assert sum(payment.settles for payment in opened.payments.values()) == min(count, 1)
    assert [refund.cause for refund in opened.refunds.values()] == ["duplicate"] * max(count - 1, 0)
    assert _count_of(opened, "order.paid") == min(count, 1)


@pytest.mark.parametrize("late", LatePayment)
@given(st.integers(1, 3), st.data())
def test_order_closed_by_the_app_treats_all_late_money_alike_whatever_the_order(
    late: LatePayment, count: int, data: st.DataObject
) -> None:
    order, first = fresh()
    attempts = [replace(first, payment_no=f"P{place}") for place in range(count)]
    latest = replace(order, latest_payment_no=attempts[-1].payment_no)
    opened = aggregate(latest, *attempts, now=later(LATER_S))
    closing.close_order(opened)
    _apply(opened, _shuffled([paid(payment) for payment in attempts], data), late=late)
    returned = len(opened.refunds)
    if late is LatePayment.REFUND:
        assert (opened.order.state, returned) == (OrderStatus.CLOSED, count)
    else:
        assert (opened.order.state, returned) == (OrderStatus.PAID, count - 1)


UNDECIDED: list[Word] = [
    (Source.REFUND, Verdict.PENDING, {}),
    (Source.REFUND, Verdict.UNKNOWN, {}),
    (Source.REFUND, Verdict.NOT_SENT, {}),
    (Source.QUERY_REFUND, Verdict.PENDING, {}),
    (Source.QUERY_REFUND, Verdict.PENDING, {"found": False}),
    (Source.QUERY_REFUND, Verdict.DECLINED, {"found": False}),
    (Source.QUERY_REFUND, Verdict.UNKNOWN, {}),
    (Source.NOTICE, Verdict.DECLINED, {"abnormal": True}),
]


@pytest.mark.parametrize(
    ("verdict", "state", "refunded", "reserved"),
    [
        (Verdict.SUCCEEDED, RefundStatus.SUCCEEDED, 500, 500),
        (Verdict.DECLINED, RefundStatus.FAILED, 0, 0),
    ],
)
@given(words=st.lists(st.sampled_from(UNDECIDED), max_size=6), data=st.data())
def test_refund_ends_as_its_channel_decided_whatever_the_order(
    words: list[Word],
    data: st.DataObject,
    verdict: Verdict,
    state: RefundStatus,
    refunded: int,
    reserved: int,
) -> None:
    opened, refund = _refunding()
    history = [*words, *((source, verdict, {}) for source in (Source.REFUND, Source.NOTICE))]
    truth = [
        refund_result(refund, source, what, asked_at=later(at), said_at=later(at), **more)
        for at, (source, what, more) in enumerate(history)
    ]
    for word in _shuffled(truth, data):
        apply_word(opened, word)
    (payment,) = opened.payments.values()
    assert opened.refunds[refund.refund_no].state is state
    assert (payment.amount_refunded, payment.refund_reserved) == (refunded, reserved)
    assert opened.order.amount_refunded == refunded
    assert _count_of(opened, f"refund.{state}") == 1


@given(st.permutations([0, 0, 1, 1, 2, 2]), st.lists(st.booleans(), min_size=3, max_size=3))
def test_refunds_of_one_payment_do_not_disturb_each_other(
    order: list[int], which_succeed: list[bool]
) -> None:
    opened, first = _refunding()
    (payment,) = opened.payments.values()
    refunds = [first, *(_refund(opened, payment, f"T{number}", 300) for number in (2, 3))]
    for place in order:
        verdict = Verdict.SUCCEEDED if which_succeed[place] else Verdict.DECLINED
        apply_word(opened, refund_result(refunds[place], Source.REFUND, verdict))
    expected = sum(r.amount for r, ok in zip(refunds, which_succeed, strict=True) if ok)
    now_is = opened.payments[payment.payment_no]
    assert now_is.amount_refunded == now_is.refund_reserved == expected
    assert opened.order.amount_refunded == expected


def _apply(
    opened: OrderAggregate,
    words: Sequence[PaymentResult | None],
    late: LatePayment = LatePayment.ACCEPT,
) -> None:
    """None: at this moment the app closes its order."""
    for word in words:
        if word is None:
            with suppress(OrderPaid):
                closing.close_order(opened)
        else:
            apply_payment_result(opened, word, said_at=opened.now, late=late)


def _shuffled(words: list[Any], data: st.DataObject) -> list[Any]:
    """In any order, some of them twice and more."""
    repeated = [*words, *data.draw(st.lists(st.sampled_from(words), max_size=4))] if words else []
    return data.draw(st.permutations(repeated))


def _count_of(opened: OrderAggregate, kind: str) -> int:
    return sum(event.type == kind for event in opened.events)


def _refunding() -> tuple[OrderAggregate, Refund]:
    order, payment = fresh()
    opened = aggregate(order, payment)
    _apply(opened, [paid(payment)])
    return opened, _refund(opened, payment, "T1", 500)


def _refund(opened: OrderAggregate, payment: Payment, number: str, amount: int) -> Refund:
    request = CreateRefund(
        merchant_id="M1",
        payment_id="C1",
        payment_no=payment.payment_no,
        merchant_refund_no=number,
        amount=amount,
    )
    return refund_reservation.refund_as_requested(opened, request)
