"""When something is looked at again, and what is done then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import NOON, cashier_request, fresh, later, payment_request, pending

from contracts.api import Method, OrderStatus, PaymentStatus, RefundCause, RefundStatus
from contracts.events.commands import CommandName
from trade_core.domain.alerts import still_unclear
from trade_core.domain.due import (
    SCHEDULE_S,
    Ask,
    End,
    NextCheck,
    Rest,
    Step,
    first_check,
    gap,
    open_check,
    payment_step,
    refund_step,
    returns_check,
)
from trade_core.domain.refund import Refund, RefundFact

HALF_HOUR_S = 1800


def test_schedule_is_5_s_15_s_30_s_1_m_3_m_5_m_10_m_30_m_and_every_half_hour() -> None:
    seconds = [0.0]
    for attempt in range(-1, 9):
        seconds.append(seconds[-1] + gap(attempt).total_seconds())
    assert seconds[1:] == [5, 15, 30, 60, 180, 300, 600, 1800, 3600, 5400]
    assert len(SCHEDULE_S) == 8


@pytest.mark.parametrize(("method", "limit_s"), [(Method.NATIVE, 12), (Method.BARCODE, 35)])
def test_initiation_is_looked_at_when_no_call_can_be_under_way(
    method: Method, limit_s: int
) -> None:
    order, payment = fresh(payment_request(method=method))
    assert open_check(payment, NOON) == NextCheck(later(limit_s))
    early = payment_step(order, payment, attempt=0, now=later(limit_s - 1))
    assert early == Rest(NextCheck(later(limit_s)))
    step = payment_step(order, payment, attempt=0, now=later(limit_s))
    assert isinstance(step, Ask)
    assert step.command is CommandName.QUERY


@pytest.mark.parametrize("state", [PaymentStatus.PENDING, PaymentStatus.UNKNOWN])
def test_open_payment_is_asked_about_from_the_fifth_second(state: PaymentStatus) -> None:
    order, payment = fresh(state=state)
    assert open_check(payment, NOON) == NextCheck(later(5))
    step = payment_step(order, payment, attempt=0, now=later(5))
    assert step == Ask(CommandName.QUERY, NextCheck(later(15), attempt=1))
    assert payment_step(order, payment, attempt=7, now=later(1800)) == Ask(
        CommandName.QUERY, NextCheck(later(1800 + HALF_HOUR_S), attempt=8)
    )


def test_expiry_is_never_slept_through() -> None:
    order, payment = pending(expires_at=later(20))
    step = payment_step(order, payment, attempt=1, now=later(15))
    assert step == Ask(CommandName.QUERY, NextCheck(later(20)))
    _, soon = pending(expires_at=later(2))
    assert open_check(soon, NOON) == NextCheck(later(2))


def test_expired_payment_is_closed_and_asked_in_turn_until_it_is_certain() -> None:
    order, payment = pending(expires_at=later(20))
    commands = [
        payment_step(order, payment, attempt=attempt, now=later(20)) for attempt in range(4)
    ]
    assert [step.command for step in commands if isinstance(step, Ask)] == [
        CommandName.CLOSE, CommandName.QUERY, CommandName.CLOSE, CommandName.QUERY
    ]  # fmt: skip


def test_payers_code_is_asked_about_before_it_is_closed() -> None:
    order, payment = fresh(
        payment_request(method=Method.BARCODE, expires_in_s=20), state=PaymentStatus.UNKNOWN
    )
    steps = [payment_step(order, payment, attempt=n, now=later(60)) for n in range(4)]
    assert [step.command for step in steps if isinstance(step, Ask)] == [
        CommandName.QUERY, CommandName.CLOSE, CommandName.QUERY, CommandName.CLOSE
    ]  # fmt: skip
    assert steps[0] == Ask(CommandName.QUERY, NextCheck(later(65), attempt=1))


def test_unwanted_payment_is_closed_at_once_but_not_while_its_initiation_runs() -> None:
    order, payment = pending(closing=True)
    assert open_check(payment, NOON) == NextCheck(NOON)
    step = payment_step(order, payment, attempt=0, now=NOON)
    assert isinstance(step, Ask)
    assert step.command is CommandName.CLOSE
    _, starting = fresh(closing=True)
    assert open_check(starting, NOON) == NextCheck(later(12))
    assert payment_step(order, starting, attempt=0, now=NOON) == Rest(NextCheck(later(12)))


def test_payment_of_our_page_that_nobody_placed_ends_without_a_channel() -> None:
    order, payment = fresh(cashier_request())
    assert open_check(payment, NOON) == NextCheck(payment.expires_at)
    assert payment_step(order, payment, attempt=0, now=later(1)) == Rest(
        NextCheck(payment.expires_at)
    )
    assert payment_step(order, payment, attempt=0, now=payment.expires_at) == End()


@pytest.mark.parametrize("state", [PaymentStatus.FAILED, PaymentStatus.CLOSED])
def test_last_attempt_waits_for_the_end_of_its_order(state: PaymentStatus) -> None:
    order, payment = fresh(state=state)
    assert first_check(order, payment, NOON) == NextCheck(order.expires_at)
    step = payment_step(order, payment, attempt=0, now=later(1))
    assert step == Rest(NextCheck(order.expires_at))
    assert payment_step(order, payment, attempt=0, now=order.expires_at) == End()


def test_success_that_does_not_pay_its_order_waits_for_the_end_of_it() -> None:
    order, payment = fresh(state=PaymentStatus.SUCCEEDED)
    assert first_check(order, payment, NOON) == NextCheck(order.expires_at)
    step = payment_step(order, payment, attempt=0, now=later(1))
    assert step == Rest(NextCheck(order.expires_at))
    assert payment_step(order, payment, attempt=0, now=order.expires_at) == End()
    assert payment_step(order, payment, attempt=3, now=order.expires_at) == End()
    ended = replace(order, state=OrderStatus.CLOSED)
    assert payment_step(ended, payment, attempt=0, now=order.expires_at) == Rest(None)


def test_what_went_back_of_a_success_is_told_apart_for_a_day() -> None:
    order, payment = fresh(state=PaymentStatus.SUCCEEDED)
    paid = replace(order, state=OrderStatus.PAID)
    check, asked = returns_check(NOON), 0
    while True:
        step = payment_step(paid, payment, attempt=check.attempt, now=check.due_at)
        if not isinstance(step, Ask):
            break
        asked, check = asked + 1, step.next_check
    assert step == Rest(None)
    assert check.due_at == later(86_400 + 3600)
    assert asked == 56


def test_people_hear_once_of_what_stays_unclear() -> None:
    order, payment = fresh(state=PaymentStatus.UNKNOWN)
    steps = [payment_step(order, payment, attempt=n, now=later(5)) for n in range(20)]
    assert [step.is_overdue for step in steps if isinstance(step, Ask)].index(True) == 6
    assert [step.is_overdue for step in steps if isinstance(step, Ask)].count(True) == 1
    waiting = replace(payment, state=PaymentStatus.PENDING)
    calm = payment_step(order, waiting, attempt=6, now=later(5))
    assert isinstance(calm, Ask)
    assert not calm.is_overdue


def test_what_is_decided_is_never_looked_at_again() -> None:
    order, payment = fresh(state=PaymentStatus.FAILED)
    older = replace(order, latest_payment_no="P-newer")
    assert first_check(older, payment, NOON) is None
    paid = replace(order, state=OrderStatus.PAID)
    assert first_check(paid, payment, NOON) is None
    assert payment_step(paid, payment, attempt=3, now=later(9)) == Rest(None)


def due_seconds(step_of: Callable[[int], Step]) -> list[float]:
    """When, after the first command, the next eight are sent if nothing is ever heard."""
    seconds = [0.0]
    for attempt in range(8):
        step = step_of(attempt)
        assert isinstance(step, Ask)
        seconds.append(seconds[-1] + (step.next_check.due_at - NOON).total_seconds())
    return seconds[1:]


def refund(**changes: Any) -> Refund:
    usual = Refund(
        refund_no="R1",
        order_id="O1",
        payment_no="P1",
        app_id="A1",
        merchant_id="M1",
        merchant_refund_no=None,
        fingerprint=None,
        cause=RefundCause.DUPLICATE,
        amount=500,
        currency="CNY",
        reason=None,
        notify_url=None,
        created_at=NOON,
    )
    return replace(usual, **changes)


@pytest.mark.parametrize(
    ("last_fact", "command"),
    [
        (None, CommandName.QUERY_REFUND),
        (RefundFact.NOT_SENT, CommandName.REFUND),
        (RefundFact.ABSENT, CommandName.REFUND),
        (RefundFact.UNCLEAR, CommandName.QUERY_REFUND),
        (RefundFact.UNDER_WAY, CommandName.QUERY_REFUND),
    ],
)
def test_refund_is_sent_until_the_channel_has_it_and_asked_about_where_nobody_knows(
    last_fact: RefundFact | None, command: CommandName
) -> None:
    step = refund_step(refund(last_fact=last_fact), attempt=2, now=NOON)
    assert step == Ask(command, NextCheck(NOON + timedelta(seconds=15), attempt=3))


def test_refund_is_sent_at_once_and_looked_at_from_the_fifth_second() -> None:
    first = refund_step(refund(), attempt=0, now=NOON)
    assert first == Ask(CommandName.REFUND, NextCheck(later(5), attempt=1))
    accepted = refund(last_fact=RefundFact.UNDER_WAY)
    seconds = due_seconds(lambda n: refund_step(accepted, attempt=n, now=NOON))
    assert seconds == [5, 15, 30, 60, 180, 300, 600, 1800]


def test_close_that_came_to_nothing_is_looked_at_from_the_fifth_second() -> None:
    order, payment = pending(closing=True)
    seconds = due_seconds(lambda n: payment_step(order, payment, attempt=n, now=NOON))
    assert seconds[:4] == [5, 15, 30, 60]


def test_people_hear_after_ten_minutes_of_a_refund_that_stays_unclear() -> None:
    steps = [
        refund_step(refund(last_fact=RefundFact.UNCLEAR), attempt=n, now=NOON) for n in range(20)
    ]
    assert [step.is_overdue for step in steps if isinstance(step, Ask)].index(True) == 7
    calm = refund_step(refund(last_fact=RefundFact.UNDER_WAY), attempt=7, now=NOON)
    assert isinstance(calm, Ask)
    assert not calm.is_overdue


@pytest.mark.parametrize("state", [RefundStatus.FAILED, RefundStatus.ABNORMAL])
def test_decided_refund_is_left_alone(state: RefundStatus) -> None:
    denied = refund(state=state, last_fact=RefundFact.REFUSED)
    assert refund_step(denied, attempt=0, now=NOON) == Rest(None)


def test_failed_refund_that_may_have_gone_back_is_asked_about_for_a_day() -> None:
    steps = [refund_step(refund(state=RefundStatus.FAILED), attempt=n, now=NOON) for n in range(60)]
    asked = [step for step in steps if isinstance(step, Ask)]
    assert {step.command for step in asked} == {CommandName.QUERY_REFUND}
    assert (len(asked), steps[-1]) == (56, Rest(None))


def test_people_hear_that_a_refund_is_refused_for_now_not_that_nobody_knows() -> None:
    order, payment = fresh()
    refused = still_unclear(order, payment, refund(last_fact=RefundFact.NOT_SENT))
    assert "is refused for now" in refused.detail
    assert "by hand" in refused.detail
    unclear = still_unclear(order, payment, refund(last_fact=RefundFact.UNCLEAR))
    assert "is still asked about" in unclear.detail
