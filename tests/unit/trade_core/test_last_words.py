"""later-wins and payable-until-it-is-not: what may still be said of a payment that has ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders.trade_core import (
    NOON,
    aggregate,
    fresh,
    later,
    paid,
    payment_result,
    pending,
)
from tests.unit.trade_core.test_apply_result import alerted, apply, event_types

from contracts.api import Method, OrderStatus, PaymentStatus, RefundCause
from contracts.events.commands import CommandName
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult, Source, Verdict
from trade_core.domain import closing
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import Ask, End, NextCheck, Rest, payment_step
from trade_core.domain.payment import Payment

REVERSAL_S = 60


def reversal(payment: Payment, at_s: float = REVERSAL_S) -> PaymentResult:
    """The payer had paid, and our close gave the money back."""
    times = {"asked_at": later(at_s - 1), "said_at": later(at_s)}
    return payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED, reversed=True, **times)


def success(payment: Payment, source: Source, asked_s: float, **more: Any) -> PaymentResult:
    times = {"asked_at": later(asked_s), "said_at": later(asked_s + 1)}
    return paid(payment, source, **{**times, **more})


def barcode(state: PaymentStatus = PaymentStatus.PENDING) -> tuple[OrderAggregate, str]:
    order, payment = fresh(state=state, method=Method.BARCODE, called_as=Method.BARCODE)
    return aggregate(order, payment, now=later(100)), payment.payment_no


def state_of(opened: OrderAggregate, number: str) -> PaymentStatus:
    return opened.payments[number].state


# ── money that a close gave back ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "state", [PaymentStatus.INITIATING, PaymentStatus.PENDING, PaymentStatus.UNKNOWN]
)
def test_reversal_of_what_was_not_booked_ends_as_closed(state: PaymentStatus) -> None:
    opened, number = barcode(state)
    apply(opened, reversal(opened.payments[number]))
    payment = opened.payments[number]
    assert (payment.state, payment.reversed_at) == (PaymentStatus.CLOSED, later(REVERSAL_S))
    assert event_types(opened) == ["payment.closed"]
    assert opened.entries == []


def test_reversal_proves_that_the_initiation_arrived() -> None:
    opened, number = barcode(PaymentStatus.INITIATING)
    apply(opened, reversal(opened.payments[number], at_s=20))
    assert state_of(opened, number) is PaymentStatus.CLOSED


def test_reversal_ends_a_conflict_too() -> None:
    opened, number = barcode()
    apply(opened, success(opened.payments[number], Source.QUERY, 10, amount=1))
    assert state_of(opened, number) is PaymentStatus.CONFLICTED
    apply(opened, reversal(opened.payments[number]))
    assert state_of(opened, number) is PaymentStatus.CLOSED


OLDER: list[tuple[Source, float]] = [
    (Source.INITIATION, 1),
    (Source.NOTICE, 58),
    (Source.NOTICE, 59.5),
    (Source.NOTICE, 90),
    (Source.QUERY, 10),
    (Source.QUERY, 59.9),
]


@pytest.mark.parametrize(("source", "asked_s"), OLDER)
@pytest.mark.parametrize("more", [{}, {"amount": 1}])
def test_success_word_that_may_be_of_the_money_given_back_is_no_payment(
    source: Source, asked_s: float, more: dict[str, Any]
) -> None:
    opened, number = barcode()
    payment = opened.payments[number]
    apply(opened, reversal(payment), success(payment, source, asked_s, **more))
    assert state_of(opened, number) is PaymentStatus.CLOSED
    assert (opened.order.state, opened.entries) == (OrderStatus.OPEN, [])
    assert alerted(opened) == ["payment.paid_before_reversal"]


@pytest.mark.parametrize(("source", "asked_s"), OLDER)
def test_in_doubt_the_channel_is_asked_at_once(source: Source, asked_s: float) -> None:
    opened, number = barcode()
    payment = opened.payments[number]
    apply(opened, reversal(payment), success(payment, source, asked_s))
    assert opened.next_checks[number] == NextCheck(opened.now)
    step = payment_step(opened.order, opened.payments[number], attempt=0, now=opened.now)
    assert isinstance(step, Ask)
    assert step.command is CommandName.QUERY
    apply(opened, payment_result(payment, Source.QUERY, Verdict.DECLINED, closed=True))
    assert not opened.payments[number].may_be_paid


def test_query_after_the_reversal_may_say_that_it_is_paid() -> None:
    opened, number = barcode()
    payment = opened.payments[number]
    apply(opened, reversal(payment), success(payment, Source.QUERY, REVERSAL_S))
    assert state_of(opened, number) is PaymentStatus.SUCCEEDED


def test_older_records_are_judged_by_the_time_of_their_event() -> None:
    opened, number = barcode()
    payment = opened.payments[number]
    apply(opened, reversal(payment), paid(payment, Source.QUERY))  # its event: now
    assert state_of(opened, number) is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize("source", [Source.QUERY, Source.NOTICE])
def test_first_word_of_money_that_is_all_back_is_no_payment(source: Source) -> None:
    """The answer of the close was lost; the query that follows tells of both."""
    opened, number = barcode()
    payment = opened.payments[number]
    apply(opened, success(payment, source, 90, amount_refunded=payment.amount))
    assert (state_of(opened, number), opened.entries) == (PaymentStatus.CLOSED, [])
    apply(opened, success(payment, Source.NOTICE, 50))
    assert state_of(opened, number) is PaymentStatus.CLOSED


def test_trade_that_was_paid_and_undone_ends_as_closed() -> None:
    opened, number = barcode()
    payment = opened.payments[number]
    undone = payment_result(payment, Source.QUERY, Verdict.DECLINED, closed=True, refunded=True)
    apply(opened, undone, success(payment, Source.NOTICE, 50))
    assert (state_of(opened, number), opened.entries) == (PaymentStatus.CLOSED, [])
    assert alerted(opened) == ["payment.paid_before_reversal"]


def test_success_that_was_booked_and_then_reversed_becomes_an_external_refund() -> None:
    opened, number = barcode()
    payment = opened.payments[number]
    apply(opened, success(payment, Source.NOTICE, 50), reversal(payment), reversal(payment))
    now_is, (refund,) = opened.payments[number], opened.refunds.values()
    assert (now_is.state, now_is.amount_refunded) == (PaymentStatus.SUCCEEDED, payment.amount)
    assert (refund.cause, refund.amount) == (RefundCause.EXTERNAL, payment.amount)
    assert "payment.closed_after_success" not in alerted(opened)


# ── what the payer still holds ────────────────────────────────────────────────────────────────


def no_such_trade(
    payment: Payment, source: Source = Source.CLOSE, at: datetime | None = None
) -> PaymentResult:
    verdict = Verdict.SUCCEEDED if source is Source.CLOSE else Verdict.PENDING
    return payment_result(payment, source, verdict, found=False, asked_at=at, said_at=at)


def closed_unseen(**changes: Any) -> tuple[OrderAggregate, str]:
    """The app closed; at the channel there was no such trade."""
    order, payment = pending(**changes)
    opened = aggregate(order, payment, now=later(30))
    closing.close_order(opened)
    apply(opened, no_such_trade(opened.payments[payment.payment_no]))
    return opened, payment.payment_no


def test_closed_link_that_nobody_opened_is_asked_about() -> None:
    opened, number = closed_unseen()
    payment = opened.payments[number]
    assert (payment.state, payment.may_be_paid) == (PaymentStatus.CLOSED, True)
    assert opened.next_checks[number] == NextCheck(later(35))


def test_trade_that_the_channel_closed_is_over() -> None:
    order, payment = pending()
    opened = aggregate(order, payment, now=later(30))
    closing.close_order(opened)
    apply(opened, payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED))
    assert not opened.payments[payment.payment_no].may_be_paid
    assert opened.next_checks[payment.payment_no] is None


def test_code_of_the_payer_is_in_nobodys_hand() -> None:
    opened, number = closed_unseen(method=Method.BARCODE, called_as=Method.BARCODE)
    assert not opened.payments[number].may_be_paid


def asked_at_s(opened: OrderAggregate, number: str, until_s: float) -> list[float]:
    """When the channel is asked if it always knows no such trade."""
    asked: list[float] = []
    check = opened.next_checks[number]
    while check is not None and check.due_at <= later(until_s):
        opened.now = check.due_at
        payment = opened.payments[number]
        step = payment_step(opened.order, payment, attempt=check.attempt, now=opened.now)
        match step:
            case Ask(command=CommandName.QUERY, next_check=check):
                asked.append((opened.now - NOON).total_seconds())
                apply(opened, no_such_trade(payment, Source.QUERY, opened.now))
                if not opened.payments[number].may_be_paid:
                    check = opened.next_checks[number]
            case Rest(next_check=check):
                pass
            case End() | Ask():
                pytest.fail(f"{step}")
    return asked


def test_it_is_asked_about_until_its_time_is_over_and_once_more() -> None:
    opened, number = closed_unseen()
    asked = asked_at_s(opened, number, until_s=100_000)
    young = [each for each in asked if each <= 600]
    assert max(later - former for former, later in zip([30, *young], young, strict=False)) <= 120
    assert asked[-1] == 7205
    assert len(asked) < 20
    assert not opened.payments[number].may_be_paid


def test_success_found_later_goes_by_the_apps_policy() -> None:
    for late, state in ((LatePayment.ACCEPT, OrderStatus.PAID), (LatePayment.REFUND, "closed")):
        opened, number = closed_unseen()
        apply(opened, paid(opened.payments[number], Source.QUERY), late=late)
        assert state_of(opened, number) is PaymentStatus.SUCCEEDED
        assert not opened.payments[number].may_be_paid
        assert opened.order.state == state
        assert [each.cause for each in opened.refunds.values()] == (
            [] if late is LatePayment.ACCEPT else [RefundCause.LATE]
        )


def test_end_of_the_order_does_not_end_the_watch() -> None:
    order, payment = pending()
    opened = aggregate(order, payment, now=later(7190))
    apply(opened, no_such_trade(payment, at=opened.now))
    closed = opened.payments[payment.payment_no]
    step = payment_step(opened.order, closed, attempt=1, now=later(7200))
    assert isinstance(step, End)
    opened.now = later(7200)
    closing.end_expired(opened)
    assert opened.order.state is OrderStatus.CLOSED
    assert opened.next_checks[payment.payment_no] == NextCheck(opened.now + timedelta(seconds=5))
