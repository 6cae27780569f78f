"""What people decide: of payments in conflict with their channel, of refunds that are stuck."""

from typing import Any

import pytest
from tests.builders.trade_core import (
    aggregate,
    apply_word,
    later,
    paid,
    payment_request,
    payment_result,
    pending,
    refund_result,
)
from tests.unit.trade_core.test_apply_result import (
    alerted,
    answer,
    apply,
    balances,
    event_types,
    refunding_aggregate,
)

from contracts.api import OrderStatus, PaymentStatus, RefundStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from contracts.internal import PaymentDecision, RefundDecision
from trade_core.domain import opening
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.deciding import claim_shown, decide_payment, decide_refund
from trade_core.domain.due import Ask, NextCheck, refund_step
from trade_core.domain.ledger import Purpose
from trade_core.domain.operator_errors import ClaimChanged, DecisionImpossible
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund


def conflicted(**claim: Any) -> tuple[OrderAggregate, str]:
    """The payer was asked for 1299; the channel says something else."""
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(opened, paid(payment, **(claim or {"amount": 1300})))
    assert opened.payments[payment.payment_no].state is PaymentStatus.CONFLICTED
    return opened, payment.payment_no


def decide(opened: OrderAggregate, number: str, decision: PaymentDecision) -> None:
    """Of the claim as it is shown now."""
    decide_payment(opened, number, decision, seen=claim_shown(opened.payments[number]))


def test_accepted_payment_pays_the_order_with_what_the_channel_took() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.ACCEPT)
    payment = opened.payments[number]
    assert (payment.state, payment.amount, payment.settles) == (
        PaymentStatus.SUCCEEDED,
        1300,
        True,
    )
    assert payment.failure is None
    assert (opened.order.state, opened.order.amount, opened.order.amount_paid) == (
        OrderStatus.PAID,
        1299,
        1300,
    )
    assert balances(opened)[Purpose.CHANNEL_RECEIVABLE] == 1300
    assert event_types(opened) == ["payment.conflicted", "payment.succeeded", "order.paid"]


def test_the_channels_words_agree_with_an_accepted_payment() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.ACCEPT)
    events = len(opened.events)
    payment = opened.payments[number]
    apply(opened, paid(payment, amount=1300), paid(payment, Source.QUERY, amount=1300))
    assert (len(opened.events), alerted(opened)) == (events, ["payment.conflicted"])


def test_payment_that_is_sent_back_goes_back_as_the_channel_took_it() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.REFUND)
    payment, (refund,) = opened.payments[number], opened.refunds.values()
    assert (payment.state, payment.settles) == (PaymentStatus.SUCCEEDED, False)
    assert (refund.amount, refund.cause, refund.merchant_refund_no) == (1300, "requested", None)
    assert payment.refund_reserved == payment.amount == 1300
    assert (opened.order.state, opened.order.amount_paid) == (OrderStatus.OPEN, 0)
    assert opened.next_checks[refund.refund_no] == NextCheck(opened.now)
    apply_word(opened, answer(opened, refund.refund_no, Verdict.SUCCEEDED, amount=1300))
    assert set(balances(opened).values()) == {0}


def test_people_hear_where_the_channel_refuses_what_they_sent_back() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.REFUND)
    (refund,) = opened.refunds.values()
    apply_word(opened, answer(opened, refund.refund_no, Verdict.DECLINED, found=True))
    assert opened.refunds[refund.refund_no].state is RefundStatus.FAILED
    assert alerted(opened)[-1] == "refund.failed"


def test_money_in_another_currency_can_go_back_but_pays_no_order() -> None:
    opened, number = conflicted(currency="HKD")
    with pytest.raises(DecisionImpossible, match="currency"):
        decide(opened, number, PaymentDecision.ACCEPT)
    decide(opened, number, PaymentDecision.REFUND)
    (refund,) = opened.refunds.values()
    assert (refund.amount, refund.currency) == (1299, "HKD")


def test_ignored_payment_fails_and_nothing_is_booked() -> None:
    opened, number = conflicted()
    decide(opened, number, PaymentDecision.IGNORE)
    payment = opened.payments[number]
    assert payment.state is PaymentStatus.FAILED
    assert payment.failure is not None
    assert payment.failure.code == "ignored"
    assert opened.entries == []
    assert event_types(opened) == ["payment.conflicted", "payment.failed"]


def test_ignored_money_that_is_told_again_stays_ignored() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.IGNORE)
    payment = opened.payments[number]
    apply(
        opened, paid(payment, amount=1300), paid(payment, Source.QUERY, amount=1300, paid_at=None)
    )
    assert opened.payments[number].state is PaymentStatus.FAILED
    assert alerted(opened) == ["payment.conflicted"]


def test_other_money_than_the_ignored_is_a_conflict_again() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.IGNORE)
    apply(opened, paid(opened.payments[number], amount=1301))
    assert opened.payments[number].state is PaymentStatus.CONFLICTED
    decide(opened, number, PaymentDecision.ACCEPT)
    assert opened.order.amount_paid == 1301


def test_ignored_payment_gives_way_to_the_right_money() -> None:
    opened, number = conflicted(amount=1300)
    decide(opened, number, PaymentDecision.IGNORE)
    apply(opened, paid(opened.payments[number]))
    assert opened.order.state is OrderStatus.PAID


def test_conflict_is_decided_by_the_newest_word_about_money() -> None:
    opened, number = conflicted(amount=1)
    apply(opened, paid(opened.payments[number], Source.QUERY))
    decide(opened, number, PaymentDecision.ACCEPT)
    assert opened.order.amount_paid == 1299


def test_accepted_payment_has_the_other_attempts_closed() -> None:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    second = opening.open_another(opened, payment_request())
    apply(opened, paid(first, amount=1))
    decide(opened, first.payment_no, PaymentDecision.ACCEPT)
    assert opened.payments[second.payment_no].closing


def test_order_that_another_payment_has_paid_accepts_no_second() -> None:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    second = opening.open_another(opened, payment_request())
    apply(opened, paid(first, amount=1), paid(second))
    with pytest.raises(DecisionImpossible, match="Another payment"):
        decide(opened, first.payment_no, PaymentDecision.ACCEPT)
    decide(opened, first.payment_no, PaymentDecision.REFUND)
    assert opened.order.amount_paid == 1299


@pytest.mark.parametrize("decision", [PaymentDecision.ACCEPT, PaymentDecision.REFUND])
@pytest.mark.parametrize("claim", [{"amount": 0}, {"currency": "XXX"}])
def test_money_that_cannot_be_booked_can_only_be_ignored(
    decision: PaymentDecision, claim: dict[str, Any]
) -> None:
    opened, number = conflicted(**claim)
    with pytest.raises(DecisionImpossible):
        decide(opened, number, decision)
    assert (opened.payments[number].state, opened.entries) == (PaymentStatus.CONFLICTED, [])
    decide(opened, number, PaymentDecision.IGNORE)


@pytest.mark.parametrize("decision", PaymentDecision)
@pytest.mark.parametrize(
    "other",
    [
        None,
        {"amount": 1301},
        {"currency": "HKD"},
        {"payment_id": "C2"},
        {"channel_trade_no": None},
        {"channel_trade_no": "4200002"},
    ],
)
def test_decision_on_another_claim_than_the_present_one_is_refused(
    decision: PaymentDecision, other: dict[str, Any] | None
) -> None:
    opened, number = conflicted(amount=1300)
    shown = claim_shown(opened.payments[number])
    assert shown is not None
    seen = None if other is None else shown.model_copy(update=other)
    with pytest.raises(ClaimChanged) as refused:
        decide_payment(opened, number, decision, seen=seen)
    assert (refused.value.status, refused.value.code) == (409, "claim_changed")
    assert refused.value.extra["claim"] == {
        "payment_id": "C1",
        "channel_trade_no": f"42{number[-8:]}",
        "amount": 1300,
        "currency": "CNY",
    }
    assert opened.payments[number].state is PaymentStatus.CONFLICTED


def test_money_that_is_just_what_was_to_be_paid_cannot_be_ignored() -> None:
    opened, number = conflicted(amount=1)
    apply(opened, paid(opened.payments[number], Source.QUERY))
    with pytest.raises(DecisionImpossible):
        decide(opened, number, PaymentDecision.IGNORE)
    decide(opened, number, PaymentDecision.ACCEPT)
    assert opened.order.state is OrderStatus.PAID


def test_other_attempts_are_closed_when_money_is_in_conflict() -> None:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    second = opening.open_another(opened, payment_request())
    apply(opened, paid(first, amount=1))
    assert opened.payments[second.payment_no].closing


def test_conflict_without_money_can_only_be_ignored() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(opened, payment_result(payment, Source.QUERY, Verdict.PENDING, amount=1))
    with pytest.raises(DecisionImpossible):
        decide(opened, payment.payment_no, PaymentDecision.REFUND)
    decide(opened, payment.payment_no, PaymentDecision.IGNORE)


@pytest.mark.parametrize("decision", list(PaymentDecision))
def test_only_a_conflict_is_decided(decision: PaymentDecision) -> None:
    order, payment = pending()
    with pytest.raises(DecisionImpossible):
        decide(aggregate(order, payment), payment.payment_no, decision)


def abnormal() -> tuple[OrderAggregate, str]:
    opened, number = refunding_aggregate()
    apply_word(opened, answer(opened, number, Verdict.DECLINED, abnormal=True))
    return opened, number


def state_of(opened: OrderAggregate, number: str) -> tuple[Refund, Payment]:
    refund = opened.refunds[number]
    return refund, opened.payments[refund.payment_no]


def test_refund_settled_outside_counts_as_returned_but_the_channel_still_has_the_money() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.SETTLED_OUTSIDE, seen=0)
    refund, payment = state_of(opened, number)
    assert (refund.state, refund.refunded_at) == (RefundStatus.SUCCEEDED, opened.now)
    assert (payment.refund_reserved, payment.amount_refunded) == (500, 500)
    assert balances(opened) | {Purpose.MERCHANT_PAYABLE: 0} == dict.fromkeys(Purpose, 0) | {
        Purpose.CHANNEL_RECEIVABLE: 1299,
        Purpose.RETURNED_OUTSIDE: -500,
    }
    assert event_types(opened)[-1] == "refund.succeeded"


def test_channel_that_returns_what_was_settled_outside_is_for_a_person() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.SETTLED_OUTSIDE, seen=0)
    apply_word(opened, answer(opened, number, Verdict.SUCCEEDED))
    assert alerted(opened)[-1] == "refund.returned_twice"


def test_released_refund_gives_its_reservation_back_exactly_once() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.RELEASE, seen=0)
    with pytest.raises(DecisionImpossible):
        decide_refund(opened, number, RefundDecision.RELEASE, seen=0)
    apply_word(opened, answer(opened, number, Verdict.DECLINED))
    refund, payment = state_of(opened, number)
    assert (refund.state, payment.refund_reserved) == (RefundStatus.FAILED, 0)
    assert balances(opened)[Purpose.REFUNDS_IN_FLIGHT] == 0
    apply_word(opened, answer(opened, number, Verdict.SUCCEEDED))
    refund, payment = state_of(opened, number)
    assert (refund.state, payment.refund_reserved) == (RefundStatus.SUCCEEDED, refund.amount)
    assert balances(opened)[Purpose.REFUNDS_IN_FLIGHT] == 0


def commanded(opened: OrderAggregate, number: str) -> CommandName:
    step = refund_step(opened.refunds[number], attempt=0, now=opened.now)
    assert isinstance(step, Ask)
    return step.command


def test_refund_that_is_paid_out_is_told_to_the_channel_and_then_asked_about() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.PAY_OUT, seen=0)
    assert opened.next_checks[number] == NextCheck(opened.now)
    assert commanded(opened, number) is CommandName.REFUND_ABNORMAL
    apply_word(opened, answer(opened, number, Verdict.PENDING))
    assert commanded(opened, number) is CommandName.QUERY_REFUND
    assert opened.refunds[number].state is RefundStatus.ABNORMAL
    apply_word(opened, answer(opened, number, Verdict.SUCCEEDED))
    refund, payment = state_of(opened, number)
    assert (refund.state, payment.amount_refunded) == (RefundStatus.SUCCEEDED, 500)
    assert balances(opened)[Purpose.CHANNEL_RECEIVABLE] == 799


def test_nobody_decides_while_the_channel_pays_out() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.PAY_OUT, seen=0)
    with pytest.raises(DecisionImpossible):
        decide_refund(opened, number, RefundDecision.RELEASE, seen=0)


@pytest.mark.parametrize(
    ("verdict", "more"),
    [(Verdict.NOT_SENT, {"code": "no_way"}), (Verdict.DECLINED, {"abnormal": True})],
)
def test_pay_out_that_comes_to_nothing_is_for_a_person_again(
    verdict: Verdict, more: dict[str, Any]
) -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.PAY_OUT, seen=0)
    apply_word(opened, answer(opened, number, verdict, **more))
    assert alerted(opened) == ["refund.abnormal", "refund.abnormal"]
    assert not isinstance(refund_step(opened.refunds[number], attempt=0, now=opened.now), Ask)
    decide_refund(opened, number, RefundDecision.RELEASE, seen=0)


def test_uncertain_pay_out_is_never_told_twice() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.PAY_OUT, seen=0)
    apply_word(opened, answer(opened, number, Verdict.UNKNOWN))
    assert commanded(opened, number) is CommandName.QUERY_REFUND


def test_old_notification_does_not_end_a_pay_out() -> None:
    opened, number = abnormal()
    decide_refund(opened, number, RefundDecision.PAY_OUT, seen=0)
    refund = opened.refunds[number]
    apply_word(opened, refund_result(refund, Source.NOTICE, Verdict.DECLINED, abnormal=True))
    assert opened.refunds[number].is_paid_out
