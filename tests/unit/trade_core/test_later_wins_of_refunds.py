"""later-wins: what is said of a refund counts by its time, whatever order the words arrive in."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import apply_word, later, refund_result
from tests.unit.trade_core.test_apply_result import alerted, balances, event_types
from tests.unit.trade_core.test_moved_outside import a_paid_order, refund

from contracts.api import RefundStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from contracts.internal import RefundDecision
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_refund_result import apply_refund_result
from trade_core.domain.deciding import decide_refund
from trade_core.domain.due import BOUNCE_DAYS, Ask, Rest, refund_step
from trade_core.domain.ledger import Purpose
from trade_core.domain.refund import Refund, RefundFact
from trade_core.domain.refused_results import ForeignAccount, ResultRefused

HOUR_S = 3600.0


def begun(amount: int = 500, paid: int = 1000) -> tuple[OrderAggregate, Refund]:
    opened, payment = a_paid_order(paid)
    return opened, refund(opened, payment, amount)


def apply_at(
    opened: OrderAggregate,
    started: Refund,
    source: Source,
    verdict: Verdict,
    at: float,
    *,
    until: float | None = None,
    **more: Any,
) -> Refund:
    """A word that was true between two seconds; answers the refund after it."""
    said_at = later(at if until is None else until)
    word = refund_result(started, source, verdict, asked_at=later(at), said_at=said_at, **more)
    apply_word(opened, word, said_at)
    return opened.refunds[started.refund_no]


def asks(opened: OrderAggregate, started: Refund) -> CommandName | None:
    step = refund_step(opened.refunds[started.refund_no], attempt=1, now=opened.now)
    return step.command if isinstance(step, Ask) else None


def test_an_old_decline_does_not_end_what_is_under_way() -> None:
    """It was asked two hours ago and comes from the dead letters."""
    opened, started = begun()
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.PENDING, 2 * HOUR_S)
    for source in (Source.QUERY_REFUND, Source.NOTICE, Source.REFUND):
        now_is = apply_at(opened, started, source, Verdict.DECLINED, 10)
        assert (now_is.state, now_is.last_fact) == (RefundStatus.PROCESSING, RefundFact.UNDER_WAY)
    assert started.refund_no in opened.urgent
    assert asks(opened, started) is CommandName.QUERY_REFUND
    (payment,) = opened.payments.values()
    assert payment.refund_reserved == 500
    assert (
        apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 3 * HOUR_S).state == "succeeded"
    )


def test_a_decline_that_was_asked_before_the_last_word_is_in_doubt() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.PENDING, 10, until=14)
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.DECLINED, 12, until=20)
    assert now_is.state is RefundStatus.PROCESSING
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.DECLINED, 14, until=20)
    assert now_is.state is RefundStatus.FAILED


def test_the_refusal_of_the_first_call_ends_it() -> None:
    opened, started = begun()
    now_is = apply_at(opened, started, Source.REFUND, Verdict.DECLINED, 1, code="NOT_ENOUGH")
    assert now_is.state is RefundStatus.FAILED
    assert now_is.failure is not None
    assert now_is.failure.code == "NOT_ENOUGH"


@pytest.mark.parametrize(
    ("verdict", "more"), [(Verdict.DECLINED, {}), (Verdict.PENDING, {"found": False})]
)
def test_the_refusal_of_a_repeat_counts_when_the_query_agrees(
    verdict: Verdict, more: dict[str, Any]
) -> None:
    opened, started = begun()
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.PENDING, 6, found=False)
    now_is = apply_at(opened, started, Source.REFUND, Verdict.DECLINED, 8, code="NOT_ENOUGH")
    assert now_is.state is RefundStatus.PROCESSING
    assert asks(opened, started) is CommandName.QUERY_REFUND
    now_is = apply_at(opened, started, Source.QUERY_REFUND, verdict, 10, **more)
    assert now_is.state is RefundStatus.FAILED
    assert now_is.failure is not None
    assert now_is.failure.code == "NOT_ENOUGH"


def test_the_refusal_of_a_repeat_of_what_went_back_changes_nothing() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.UNKNOWN, 1)
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.PENDING, 6, found=False)
    apply_at(opened, started, Source.REFUND, Verdict.DECLINED, 8, code="ALREADY_REFUNDED")
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 10)
    assert (now_is.state, now_is.failure) == (RefundStatus.SUCCEEDED, None)


def test_a_late_repeat_without_any_answer_before_is_confirmed_too() -> None:
    opened, started = begun()
    assert apply_at(opened, started, Source.REFUND, Verdict.DECLINED, 5).state == "processing"


def failed() -> tuple[OrderAggregate, Refund]:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.DECLINED, 1)
    return opened, started


def test_what_failed_and_went_back_after_all_is_booked_and_people_hear() -> None:
    opened, started = failed()
    now_is = apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 60)
    assert now_is.state is RefundStatus.SUCCEEDED
    assert alerted(opened) == ["refund.contradicted"]
    (payment,) = opened.payments.values()
    assert (payment.refund_reserved, payment.amount_refunded) == (500, 500)
    assert balances(opened)[Purpose.CHANNEL_RECEIVABLE] == 500
    assert balances(opened)[Purpose.REFUNDS_IN_FLIGHT] == 0
    assert event_types(opened)[-2:] == ["refund.failed", "refund.succeeded"]
    assert len({(entry.kind, entry.turn) for entry in opened.entries}) == len(opened.entries)


def test_what_went_back_after_all_and_does_not_fit_is_a_dead_letter() -> None:
    """The app has refunded the money anew: the payer has it twice, and a person must act."""
    opened, started = failed()
    (payment,) = opened.payments.values()
    refund(opened, payment, 600, "T2")
    with pytest.raises(ResultRefused):
        apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 60)
    assert opened.refunds[started.refund_no].state is RefundStatus.FAILED


def test_what_failed_and_is_under_way_is_told_once_and_asked_about() -> None:
    opened, started = failed()
    for at in (60, 70):
        now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.PENDING, at)
        assert now_is.state is RefundStatus.FAILED
    assert alerted(opened) == ["refund.contradicted"]
    assert opened.next_checks[started.refund_no] is not None
    assert asks(opened, started) is CommandName.QUERY_REFUND
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.DECLINED, 80)
    assert opened.next_checks[started.refund_no] is None
    assert asks(opened, started) is None


def test_an_older_word_that_it_is_under_way_changes_no_failure() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.DECLINED, 60)
    apply_at(opened, started, Source.REFUND, Verdict.PENDING, 1)
    assert alerted(opened) == []


def test_an_older_decline_of_what_went_back_changes_nothing() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 60)
    apply_at(opened, started, Source.REFUND, Verdict.DECLINED, 1)
    with pytest.raises(ResultRefused):
        apply_at(opened, started, Source.QUERY_REFUND, Verdict.DECLINED, 70)


def bounced() -> tuple[OrderAggregate, Refund]:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 1)
    apply_at(opened, started, Source.NOTICE, Verdict.DECLINED, 86_400, abnormal=True, code="DBACK")
    return opened, started


def test_a_success_that_bounces_is_abnormal_and_the_books_follow() -> None:
    opened, started = bounced()
    now_is = opened.refunds[started.refund_no]
    (payment,) = opened.payments.values()
    assert (now_is.state, now_is.refunded_at) == (RefundStatus.ABNORMAL, None)
    assert (payment.refund_reserved, payment.amount_refunded) == (500, 0)
    assert opened.order.amount_refunded == 0
    assert balances(opened)[Purpose.CHANNEL_RECEIVABLE] == 1000
    assert balances(opened)[Purpose.REFUNDS_IN_FLIGHT] == -500
    assert event_types(opened)[-2:] == ["refund.succeeded", "refund.abnormal"]
    assert alerted(opened) == ["refund.abnormal"]


@pytest.mark.parametrize(
    ("decision", "state", "reserved", "refunded"),
    [
        (RefundDecision.SETTLED_OUTSIDE, RefundStatus.SUCCEEDED, 500, 500),
        (RefundDecision.RELEASE, RefundStatus.FAILED, 0, 0),
    ],
)
def test_people_decide_of_what_bounced(
    decision: RefundDecision, state: RefundStatus, reserved: int, refunded: int
) -> None:
    opened, started = bounced()
    decide_refund(opened, started.refund_no, decision, seen=0)
    (payment,) = opened.payments.values()
    assert opened.refunds[started.refund_no].state is state
    assert (payment.refund_reserved, payment.amount_refunded) == (reserved, refunded)
    assert len({(entry.kind, entry.turn) for entry in opened.entries}) == len(opened.entries)


def test_what_bounced_and_is_paid_out_succeeds_again() -> None:
    opened, started = bounced()
    opened.now = later(2 * 86_400)
    decide_refund(opened, started.refund_no, RefundDecision.PAY_OUT, seen=0)
    now_is = apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 2 * 86_400 + 1)
    assert now_is.state is RefundStatus.SUCCEEDED
    assert len({(entry.kind, entry.turn) for entry in opened.entries}) == len(opened.entries)


def test_an_old_stuck_word_does_not_undo_a_success_but_is_asked_about() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 60)
    now_is = apply_at(opened, started, Source.NOTICE, Verdict.DECLINED, 10, abnormal=True)
    assert now_is.state is RefundStatus.SUCCEEDED
    assert opened.next_checks[started.refund_no] is not None


def test_a_success_is_asked_about_for_as_long_as_it_can_bounce() -> None:
    opened, started = begun()
    now_is = apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 1, may_bounce=True)
    first = opened.next_checks[started.refund_no]
    assert first is not None
    assert now_is.refunded_at is not None
    seen, check = [], first
    while True:
        step = refund_step(now_is, attempt=check.attempt, now=check.due_at)
        if isinstance(step, Rest):
            break
        assert isinstance(step, Ask)
        assert step.command is CommandName.QUERY_REFUND
        seen.append((check.due_at - now_is.refunded_at) // timedelta(days=1))
        check = step.next_check
    assert tuple(seen) == BOUNCE_DAYS


def test_a_success_that_cannot_bounce_is_not_asked_about() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 1)
    assert opened.next_checks[started.refund_no] is None


def paying_out() -> tuple[OrderAggregate, Refund]:
    opened, started = begun()
    apply_at(opened, started, Source.NOTICE, Verdict.DECLINED, 10, abnormal=True)
    opened.now = later(100)
    decide_refund(opened, started.refund_no, RefundDecision.PAY_OUT, seen=0)
    return opened, started


@pytest.mark.parametrize("source", [Source.NOTICE, Source.QUERY_REFUND])
def test_a_pay_out_is_not_undone_by_the_same_stuck_word(source: Source) -> None:
    opened, started = paying_out()
    for at in (50, 101):  # Asked before the decision, and before it was carried out.
        assert apply_at(opened, started, source, Verdict.DECLINED, at, abnormal=True).is_paid_out
    assert asks(opened, started) is CommandName.REFUND_ABNORMAL
    assert apply_at(opened, started, Source.REFUND, Verdict.PENDING, 102, until=103).is_paid_out
    assert apply_at(opened, started, source, Verdict.DECLINED, 102, abnormal=True).is_paid_out
    now_is = apply_at(opened, started, source, Verdict.DECLINED, 103, abnormal=True)
    assert (now_is.state, now_is.decided) == (RefundStatus.ABNORMAL, None)


def test_a_pay_out_that_the_channel_refuses_is_for_a_person_again() -> None:
    opened, started = paying_out()
    assert apply_at(opened, started, Source.REFUND, Verdict.NOT_SENT, 50).is_paid_out
    assert not apply_at(opened, started, Source.REFUND, Verdict.NOT_SENT, 110).is_paid_out


def test_another_account_says_nothing_of_a_refund() -> None:
    opened, started = begun()
    speakers: list[dict[str, Any]] = [{"payment_id": "C2"}, {"merchant_id": "M2"}]
    for speaker in speakers:
        with pytest.raises(ForeignAccount):
            apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 10, **speaker)


@pytest.mark.parametrize("comes_before", [True, False])
def test_the_success_from_before_a_bounce_does_not_undo_it(comes_before: bool) -> None:
    """Published again, or late: the money is with the payer's bank no more."""
    opened, started = begun()
    if comes_before:
        apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 5)
    apply_at(opened, started, Source.NOTICE, Verdict.DECLINED, 86_400, abnormal=True)
    now_is = apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 5)
    assert (now_is.state, now_is.refunded_at) == (RefundStatus.ABNORMAL, None)
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 86_500)
    assert now_is.state is RefundStatus.SUCCEEDED


# ── another amount than ours ──────────────────────────────────────────────────────────────────


OTHER: dict[str, Any] = {"amount": 501, "currency": "CNY"}


@pytest.mark.parametrize("source", [Source.REFUND, Source.NOTICE, Source.QUERY_REFUND])
@pytest.mark.parametrize("at", [1.0, 10.0])
def test_another_amount_ends_nothing_at_once_whenever_it_is_said(source: Source, at: float) -> None:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.PENDING, 5)
    now_is = apply_at(opened, started, source, Verdict.SUCCEEDED, at, **OTHER)
    assert (now_is.state, now_is.failure) == (RefundStatus.PROCESSING, None)
    assert started.refund_no in opened.urgent
    assert asks(opened, started) is CommandName.QUERY_REFUND
    assert alerted(opened) == []
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 20, amount=500)
    assert (now_is.state, now_is.failure) == (RefundStatus.SUCCEEDED, None)
    assert balances(opened)[Purpose.REFUNDS_IN_FLIGHT] == 0


def in_conflict() -> tuple[OrderAggregate, Refund]:
    opened, started = begun()
    apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 5, **OTHER)
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 6, until=7, **OTHER)
    return opened, started


def test_another_amount_is_abnormal_when_the_channel_says_it_again_to_our_question() -> None:
    opened, started = in_conflict()
    now_is = opened.refunds[started.refund_no]
    assert now_is.state is RefundStatus.ABNORMAL
    assert now_is.failure is not None
    assert now_is.failure.code == "conflict"
    assert "amount" in now_is.failure.message
    [alert] = opened.alerts
    assert alert.key.startswith("refund.abnormal")
    assert (alert.detail, alert.facts["said_amount"]) == (now_is.failure.message, 501)


@pytest.mark.parametrize("source", [Source.NOTICE, Source.REFUND])
def test_another_amount_that_only_comes_again_is_not_abnormal(source: Source) -> None:
    opened, started = begun()
    for at in (5, 5, 9):
        now_is = apply_at(opened, started, source, Verdict.SUCCEEDED, at, **OTHER)
        assert now_is.state is RefundStatus.PROCESSING


def test_the_same_answer_twice_says_another_amount_once() -> None:
    opened, started = begun()
    for _ in range(3):
        now_is = apply_at(
            opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 6, until=7, **OTHER
        )
        assert now_is.state is RefundStatus.PROCESSING


def test_a_channel_that_cannot_be_reached_takes_no_amount_back() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 5, **OTHER)
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.UNKNOWN, 6)
    assert now_is.last_fact is RefundFact.CONFLICT
    assert asks(opened, started) is CommandName.QUERY_REFUND


def test_what_is_abnormal_by_another_amount_is_asked_about_for_a_day_more() -> None:
    """The channel's answers may be wrong for a while."""
    opened, started = in_conflict()
    assert opened.next_checks[started.refund_no] is not None
    assert asks(opened, started) is CommandName.QUERY_REFUND
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 60, **OTHER)
    assert alerted(opened) == ["refund.abnormal"]
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 90, amount=500)
    assert (now_is.state, now_is.failure) == (RefundStatus.SUCCEEDED, None)
    assert opened.next_checks[started.refund_no] is None


def test_another_amount_of_what_failed_here_is_told_and_books_nothing() -> None:
    opened, started = failed()
    now_is = apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 60, **OTHER)
    assert now_is.state is RefundStatus.FAILED
    assert alerted(opened) == ["refund.contradicted"]


def test_another_amount_of_what_went_back_is_a_dead_letter() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.SUCCEEDED, 1, amount=500)
    for source in (Source.NOTICE, Source.QUERY_REFUND):
        with pytest.raises(ResultRefused):
            apply_at(opened, started, source, Verdict.SUCCEEDED, 60, **OTHER)
    assert opened.refunds[started.refund_no].state is RefundStatus.SUCCEEDED


def test_a_total_that_cannot_hold_the_refund_it_names_contradicts_itself() -> None:
    """Refunded 5.00, and of the payment 0.01 altogether: nothing is booked, the channel asked."""
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.PENDING, 1)
    now_is = apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 5, amount_refunded=1)
    assert (now_is.state, len(opened.refunds)) == (RefundStatus.PROCESSING, 1)
    assert started.refund_no in opened.urgent
    apply_at(opened, started, Source.QUERY_REFUND, Verdict.SUCCEEDED, 9, amount=500)
    (refunded,) = opened.refunds.values()
    assert (refunded.state, refunded.amount) == (RefundStatus.SUCCEEDED, 500)


def test_a_total_that_a_notification_states_holds_the_refund_that_it_names() -> None:
    """What is beyond it went back outside; by Alipay's clock the refund was made before."""
    opened, started = begun()
    apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 5, until=6, amount_refunded=500)
    assert [one.state for one in opened.refunds.values()] == [RefundStatus.SUCCEEDED]
    assert opened.payments[started.payment_no].held_words == ()
    apply_at(opened, started, Source.NOTICE, Verdict.SUCCEEDED, 5, until=9, amount_refunded=700)
    assert sorted(one.amount for one in opened.refunds.values()) == [200, 500]


def test_a_notification_that_a_refund_is_under_way_makes_us_ask_at_once() -> None:
    opened, started = begun()
    apply_at(opened, started, Source.REFUND, Verdict.PENDING, 1)
    assert started.refund_no not in opened.urgent
    apply_at(opened, started, Source.NOTICE, Verdict.PENDING, 5)
    assert started.refund_no in opened.urgent
    assert asks(opened, started) is CommandName.QUERY_REFUND


def test_a_word_of_a_clock_that_is_ahead_outlives_nothing_that_is_said_after_it() -> None:
    opened, started = begun()
    opened.now = later(10)
    ahead = refund_result(
        started, Source.QUERY_REFUND, Verdict.PENDING, asked_at=later(600), said_at=later(601)
    )
    apply_refund_result(opened, ahead, time=later(601))
    assert opened.refunds[started.refund_no].last_said_at == later(10)
    now_is = apply_at(opened, started, Source.QUERY_REFUND, Verdict.DECLINED, 12)
    assert now_is.state is RefundStatus.FAILED
