"""What follows when a channel speaks: one order in memory, no IO."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.results import payment_result_of
from tests.builders.trade_core import (
    QR,
    aggregate,
    apply_word,
    closed,
    fresh,
    later,
    paid,
    payment_request,
    payment_result,
    pending,
    refund_result,
    waits,
)

from contracts.actions import QrCodeAction
from contracts.api import (
    MAX_MESSAGE_CHARS,
    CreateRefund,
    Failure,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
)
from contracts.events.configuration import LatePayment
from contracts.events.results import (
    PaymentResult,
    RefundResult,
    Source,
    Verdict,
)
from trade_core.domain import closing, opening, refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_result import (
    apply_payment_result,
)
from trade_core.domain.ledger import Purpose
from trade_core.domain.payment import Payment
from trade_core.domain.refused_results import ResultRefused


def apply(
    opened: OrderAggregate, *results: PaymentResult, late: LatePayment = LatePayment.ACCEPT
) -> None:
    for result in results:
        apply_payment_result(opened, result, said_at=opened.now, late=late)


def event_types(opened: OrderAggregate) -> list[str]:
    return [event.type for event in opened.events]


def alerted(opened: OrderAggregate) -> list[str]:
    return [alert.key.partition(":")[0] for alert in opened.alerts]


def balances(opened: OrderAggregate) -> dict[Purpose, int]:
    sums = dict.fromkeys(Purpose, 0)
    for entry in opened.entries:
        for posting in entry.postings:
            sums[posting.purpose] += posting.amount
    return sums


def twice_paid() -> tuple[OrderAggregate, Payment, Payment]:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    second = opening.open_another(opened, payment_request())
    apply(opened, paid(second), paid(first))
    return opened, second, first


def test_first_success_wins_and_the_other_attempts_are_closed() -> None:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    second = opening.open_another(opened, payment_request())
    third_state = opened.payments[first.payment_no]
    assert third_state.closing
    apply(opened, paid(second))
    assert opened.payments[second.payment_no].settles
    assert opened.order.state is OrderStatus.PAID
    assert event_types(opened) == ["payment.created", "payment.succeeded", "order.paid"]


def test_later_success_goes_back_in_full_with_an_alert() -> None:
    opened, second, first = twice_paid()
    double = opened.payments[first.payment_no]
    (refund,) = opened.refunds.values()
    assert (double.state, double.settles) == (PaymentStatus.SUCCEEDED, False)
    assert (refund.payment_no, refund.amount, refund.cause) == (
        double.payment_no,
        1299,
        "duplicate",
    )
    assert double.refund_reserved == 1299
    assert opened.order.amount_paid == 1299
    assert event_types(opened)[-2:] == ["payment.succeeded", "refund.created"]
    assert alerted(opened) == ["payment.duplicate"]
    assert opened.payments[second.payment_no].refund_reserved == 0


def test_success_heard_again_does_not_return_the_money_again() -> None:
    opened, second, first = twice_paid()
    events = len(opened.events)
    apply(opened, paid(first), paid(second), paid(first, Source.QUERY))
    assert len(opened.refunds) == 1
    assert len(opened.events) == events


@pytest.mark.parametrize(
    ("late", "state", "refunds"),
    [(LatePayment.ACCEPT, OrderStatus.PAID, 0), (LatePayment.REFUND, OrderStatus.CLOSED, 1)],
)
def test_late_success_follows_the_apps_policy(
    late: LatePayment, state: OrderStatus, refunds: int
) -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    closing.close_order(opened)
    apply(opened, paid(payment), late=late)
    assert opened.order.state is state
    assert [refund.cause for refund in opened.refunds.values()] == ["late"] * refunds
    assert opened.payments[payment.payment_no].state is PaymentStatus.SUCCEEDED
    assert ("order.paid" in event_types(opened)) is (state is OrderStatus.PAID)


def test_former_amount_pays_the_order_and_people_hear_of_it() -> None:
    order, first = pending()
    opened = aggregate(order, first, now=later(20))
    opening.open_another(opened, payment_request(amount=1500))
    apply(opened, paid(first))
    assert (opened.order.state, opened.order.amount_paid) == (OrderStatus.PAID, 1299)
    assert alerted(opened) == ["order.amount"]


def test_conflict_is_not_booked_and_people_hear_of_it() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(opened, paid(payment, amount=1))
    conflicted = opened.payments[payment.payment_no]
    assert conflicted.state is PaymentStatus.CONFLICTED
    assert conflicted.failure is not None
    assert opened.entries == []
    assert opened.order.state is OrderStatus.OPEN
    assert (event_types(opened), alerted(opened)) == (
        ["payment.conflicted"],
        ["payment.conflicted"],
    )


def test_conflict_after_success_changes_nothing_but_people_hear_of_it() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(opened, paid(payment), paid(payment, amount=1))
    assert opened.payments[payment.payment_no].state is PaymentStatus.SUCCEEDED
    assert alerted(opened) == ["payment.conflicted"]


def test_webhook_that_overtakes_the_initiation_wins_and_the_action_is_kept() -> None:
    order, payment = fresh()
    opened = aggregate(order, payment)
    action = {"type": "qr_code", "qr_code": "weixin://x"}
    waiting = payment_result_of(
        {**dict(payment_result(payment, Source.INITIATION, Verdict.PENDING)), "action": action}
    )
    apply(opened, paid(payment), waiting)
    known = opened.payments[payment.payment_no]
    assert known.state is PaymentStatus.SUCCEEDED
    assert known.action is not None
    assert event_types(opened) == ["payment.succeeded", "order.paid"]


def test_a_channel_may_name_a_trade_anew_when_it_is_paid() -> None:
    """Stripe's page is known by its session until somebody pays there; a late word of waiting still
    names that one, and no second trade is meant."""
    order, first = pending()
    opened, number = aggregate(order, first), first.payment_no
    waiting = payment_result(first, Source.QUERY, Verdict.PENDING, channel_trade_no="cs_1")
    apply(opened, waiting)
    apply(opened, paid(first, channel_trade_no="pi_1", earlier_trade_no="cs_1"))
    apply(opened, waiting)
    assert opened.payments[number].channel_trade_no == "pi_1"
    assert "payment.second_trade" not in alerted(opened)
    apply(opened, paid(first, channel_trade_no="pi_2", earlier_trade_no="cs_2"))
    assert "payment.second_trade" in alerted(opened)


def test_declined_payment_keeps_the_channels_reason() -> None:
    order, payment = fresh()
    opened = aggregate(order, payment)
    apply(
        opened,
        payment_result(payment, Source.INITIATION, Verdict.DECLINED, code="RISK", message="风险"),
    )
    failure = opened.payments[payment.payment_no].failure
    assert failure is not None
    assert (failure.code, failure.message) == ("RISK", "风险")


def test_uncertain_close_is_explained_by_asking_at_once() -> None:
    order, payment = pending(closing=True)
    opened = aggregate(order, payment)
    apply(opened, payment_result(payment, Source.CLOSE, Verdict.DECLINED))
    assert opened.urgent == {payment.payment_no}
    assert opened.payments[payment.payment_no].state is PaymentStatus.PENDING


def test_close_of_what_was_paid_is_for_a_person() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(opened, paid(payment), payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED))
    assert opened.payments[payment.payment_no].state is PaymentStatus.SUCCEEDED
    assert alerted(opened) == ["payment.closed_after_success"]


def test_impossible_word_changes_nothing() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    with pytest.raises(ResultRefused):
        apply(opened, payment_result(payment, Source.INITIATION, Verdict.NOT_SENT))
    assert (opened.payments, opened.order) == (opened.snapshot.payments, opened.snapshot.order)
    assert opened.events == []


def test_endless_reason_of_a_channel_is_cut() -> None:
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(
        opened,
        payment_result(payment, Source.QUERY, Verdict.DECLINED, code="NO", message="x" * 100_000),
    )
    failure = opened.payments[payment.payment_no].failure
    assert failure == Failure(code="NO", message="x" * MAX_MESSAGE_CHARS)


def refunding_aggregate() -> tuple[OrderAggregate, str]:
    order, payment = pending()
    opened = aggregate(order, payment)
    apply(opened, paid(payment))
    refund = refund_reservation.refund_as_requested(
        opened,
        CreateRefund(
            merchant_id="M1",
            payment_id="C1",
            payment_no=payment.payment_no,
            merchant_refund_no="T1",
            amount=500,
        ),
    )
    return opened, refund.refund_no


def answer(opened: OrderAggregate, number: str, verdict: Verdict, **more: Any) -> RefundResult:
    return refund_result(opened.refunds[number], Source.REFUND, verdict, **more)


def test_refund_that_succeeds_counts_on_payment_and_order() -> None:
    opened, number = refunding_aggregate()
    apply_word(opened, answer(opened, number, Verdict.SUCCEEDED))
    (payment,) = opened.payments.values()
    assert (payment.refund_reserved, payment.amount_refunded) == (500, 500)
    assert opened.order.amount_refunded == 500
    assert balances(opened)[Purpose.CHANNEL_RECEIVABLE] == 1299 - 500
    assert opened.next_checks[number] is None


def test_refund_that_fails_releases_its_reservation_exactly_once() -> None:
    opened, number = refunding_aggregate()
    for _ in range(3):
        apply_word(opened, answer(opened, number, Verdict.DECLINED, code="NO"))
    (payment,) = opened.payments.values()
    assert (payment.refund_reserved, payment.amount_refunded) == (0, 0)
    assert balances(opened)[Purpose.MERCHANT_PAYABLE] == -1299
    assert event_types(opened).count("refund.failed") == 1


def test_refund_that_never_arrived_is_sent_again_at_once_but_not_in_a_circle() -> None:
    opened, number = refunding_aggregate()
    unclear = answer(opened, number, Verdict.UNKNOWN)
    absent = refund_result(
        opened.refunds[number], Source.QUERY_REFUND, Verdict.PENDING, found=False
    )
    apply_word(opened, unclear)
    assert opened.urgent == set()
    apply_word(opened, absent)
    assert opened.urgent == {number}
    opened.urgent.clear()
    apply_word(opened, absent)
    assert opened.urgent == set()


def test_abnormal_refund_stays_reserved_until_a_person_has_decided() -> None:
    opened, number = refunding_aggregate()
    apply_word(opened, answer(opened, number, Verdict.DECLINED, abnormal=True))
    (payment,) = opened.payments.values()
    assert opened.refunds[number].state is RefundStatus.ABNORMAL
    assert payment.refund_reserved == 500
    assert alerted(opened) == ["refund.abnormal"]
    apply_word(opened, answer(opened, number, Verdict.SUCCEEDED))
    assert opened.refunds[number].state is RefundStatus.SUCCEEDED
    assert balances(opened)[Purpose.REFUNDS_IN_FLIGHT] == 0


def test_centres_own_refund_that_fails_is_for_a_person() -> None:
    opened, _, _ = twice_paid()
    (number,) = opened.refunds
    apply_word(opened, answer(opened, number, Verdict.DECLINED))
    assert alerted(opened) == ["payment.duplicate", "refund.failed"]


WORDS = [
    (Source.INITIATION, Verdict.PENDING, {}),
    (Source.INITIATION, Verdict.UNKNOWN, {}),
    (Source.QUERY, Verdict.PENDING, {}),
    (Source.QUERY, Verdict.PENDING, {"found": False}),
    (Source.QUERY, Verdict.UNKNOWN, {}),
    (Source.CLOSE, Verdict.DECLINED, {}),
    (Source.CLOSE, Verdict.UNKNOWN, {}),
]


@given(st.lists(st.sampled_from(WORDS), max_size=6), st.integers(0, 3), st.data())
def test_any_order_and_repetition_ends_in_the_same_books(
    words: list[tuple[Source, Verdict, dict[str, Any]]], repeats: int, data: st.DataObject
) -> None:
    order, payment = fresh()
    truth = [payment_result(payment, source, verdict, **more) for source, verdict, more in words]
    truth += [paid(payment, source) for source in [Source.NOTICE, *[Source.QUERY] * repeats]]
    opened = aggregate(order, payment, now=later(60))
    apply(opened, *data.draw(st.permutations(truth)))
    done = opened.payments[payment.payment_no]
    assert (done.state, done.settles) == (PaymentStatus.SUCCEEDED, True)
    assert opened.order.state is OrderStatus.PAID
    assert balances(opened) == dict.fromkeys(Purpose, 0) | {
        Purpose.CHANNEL_RECEIVABLE: 1299,
        Purpose.MERCHANT_PAYABLE: -1299,
    }
    assert event_types(opened).count("payment.succeeded") == 1
    assert [event.sequence for event in opened.events] == [
        order.version + n for n in range(1, len(opened.events) + 1)
    ]


@given(st.permutations(["first", "second", "first", "second", "third", "third"]))
def test_of_many_successes_one_is_kept_and_each_other_goes_back_once(received: list[str]) -> None:
    order, payment = pending()
    attempts = {
        name: replace(payment, payment_no=f"P{name}") for name in ("first", "second", "third")
    }
    opened = aggregate(replace(order, latest_payment_no="Pthird"), *attempts.values())
    apply(opened, *(paid(attempts[name]) for name in received))
    settled = [payment for payment in opened.payments.values() if payment.settles]
    assert [payment.payment_no for payment in settled] == [f"P{received[0]}"]
    assert len(opened.refunds) == 2
    assert balances(opened)[Purpose.MERCHANT_PAYABLE] == -1299
    assert opened.order.amount_paid == 1299


def test_a_fresh_code_takes_the_place_of_the_one_before() -> None:
    order, payment = fresh()
    opened = aggregate(order, payment)
    first, second = QrCodeAction(qr_code="weixin://1"), QrCodeAction(qr_code="weixin://2")

    def called(action: QrCodeAction, at: float, source: Source = Source.INITIATION) -> Payment:
        word = payment_result(
            payment, source, Verdict.PENDING, action=action, asked_at=later(at), said_at=later(at)
        )
        opened.now = later(max(at, 7_000))
        apply_payment_result(opened, word, said_at=later(at), late=LatePayment.ACCEPT)
        return opened.payments[payment.payment_no]

    assert (called(first, 1).action, called(first, 1).called_at) == (first, None)
    renewed = called(second, 6_600)
    assert (renewed.action, renewed.called_at) == (second, later(6_600))
    assert called(first, 1) == renewed, "what comes late is older"
    assert called(second, 6_600) == renewed
    assert called(first, 6_900, Source.QUERY) == renewed
    assert renewed.state is PaymentStatus.PENDING


def test_what_is_over_is_called_no_more() -> None:
    order, payment = fresh()
    opened = aggregate(order, payment)
    apply(opened, waits(payment))
    apply(opened, closed(payment))
    anew = QrCodeAction(qr_code="weixin://2")
    apply(opened, payment_result(payment, Source.INITIATION, Verdict.PENDING, action=anew))
    now_is = opened.payments[payment.payment_no]
    assert (now_is.state, now_is.action, now_is.called_at) == (PaymentStatus.CLOSED, QR, None)
