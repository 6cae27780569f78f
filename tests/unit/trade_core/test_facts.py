"""What a channel's words mean, and whether they agree with our books."""

from dataclasses import replace
from typing import Any

import pytest
from tests.builders.trade_core import (
    ACCOUNT,
    fresh,
    later,
    paid,
    payment_result,
    refund_result,
)

from contracts.api import PaymentStatus, RefundCause
from contracts.events.results import Source, Verdict
from trade_core.domain import payment as payments
from trade_core.domain import refund as refunds
from trade_core.domain.facts import of_payment, of_refund
from trade_core.domain.refund import Refund
from trade_core.domain.refused_results import ForeignAccount, ImpossibleResult

PaymentFact = payments.PaymentFact
RefundFact = refunds.RefundFact

INITIATION, NOTICE, QUERY, CLOSE = Source.INITIATION, Source.NOTICE, Source.QUERY, Source.CLOSE


@pytest.mark.parametrize(
    ("source", "verdict", "more", "fact"),
    [
        (INITIATION, Verdict.PENDING, {}, PaymentFact.WAITING),
        (INITIATION, Verdict.SUCCEEDED, {}, PaymentFact.PAID),
        (INITIATION, Verdict.DECLINED, {}, PaymentFact.DECLINED),
        (INITIATION, Verdict.NOT_SENT, {}, PaymentFact.NOT_SENT),
        (INITIATION, Verdict.UNKNOWN, {}, PaymentFact.UNCLEAR),
        (NOTICE, Verdict.SUCCEEDED, {}, PaymentFact.PAID),
        (NOTICE, Verdict.DECLINED, {"closed": True}, PaymentFact.ENDED),
        (NOTICE, Verdict.DECLINED, {}, PaymentFact.DECLINED),
        (QUERY, Verdict.SUCCEEDED, {}, PaymentFact.PAID),
        (QUERY, Verdict.PENDING, {}, PaymentFact.WAITING),
        (QUERY, Verdict.PENDING, {"found": False}, PaymentFact.UNCLEAR),
        (QUERY, Verdict.DECLINED, {"found": False}, PaymentFact.UNCLEAR),
        (QUERY, Verdict.DECLINED, {"closed": True}, PaymentFact.ENDED),
        (QUERY, Verdict.DECLINED, {}, PaymentFact.DECLINED),
        (QUERY, Verdict.NOT_SENT, {}, PaymentFact.UNCLEAR),
        (QUERY, Verdict.UNKNOWN, {}, PaymentFact.UNCLEAR),
        (CLOSE, Verdict.SUCCEEDED, {}, PaymentFact.ENDED),
        (CLOSE, Verdict.PENDING, {"found": False}, PaymentFact.UNCLEAR),
        (CLOSE, Verdict.DECLINED, {}, PaymentFact.UNCLEAR),
        (CLOSE, Verdict.NOT_SENT, {}, PaymentFact.UNCLEAR),
        (CLOSE, Verdict.UNKNOWN, {}, PaymentFact.UNCLEAR),
    ],
)
def test_words_become_facts(
    source: Source, verdict: Verdict, more: dict[str, Any], fact: PaymentFact
) -> None:
    _, payment = fresh(state=PaymentStatus.PENDING)
    assert of_payment(payment, payment_result(payment, source, verdict, **more), later(60)) is fact


def test_every_verdict_of_every_source_of_a_payment_has_a_meaning() -> None:
    _, payment = fresh()
    for source in (INITIATION, NOTICE, QUERY, CLOSE):
        for verdict in Verdict:
            assert (
                of_payment(payment, payment_result(payment, source, verdict), later(60))
                in PaymentFact
            )


def test_close_is_no_end_while_our_own_initiation_may_still_arrive() -> None:
    _, payment = fresh()
    closed = payment_result(payment, CLOSE, Verdict.SUCCEEDED)
    assert of_payment(payment, closed, later(11)) is PaymentFact.UNCLEAR
    assert of_payment(payment, closed, later(13)) is PaymentFact.ENDED


def test_a_close_in_flight_stays_unclear_when_its_word_comes_again() -> None:
    """twice-late-out-of-order: the first time has made the payment `unknown`."""
    _, payment = fresh()
    unclear = replace(payment, state=PaymentStatus.UNKNOWN)
    result = payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED, found=False)
    assert of_payment(unclear, result, later(5)) is payments.PaymentFact.UNCLEAR
    assert of_payment(unclear, result, later(13)) is payments.PaymentFact.ENDED


@pytest.mark.parametrize("more", [{"amount": 1298}, {"currency": "HKD"}])
@pytest.mark.parametrize("source", [INITIATION, NOTICE, QUERY])
def test_money_that_differs_from_our_books_is_a_conflict(
    source: Source, more: dict[str, Any]
) -> None:
    _, payment = fresh()
    assert of_payment(payment, paid(payment, source, **more), later(1)) is PaymentFact.CONFLICT


def test_what_the_channel_did_not_state_is_no_conflict() -> None:
    _, payment = fresh()
    silent = paid(payment, amount=None, currency=None)
    assert of_payment(payment, silent, later(1)) is PaymentFact.PAID


def test_waiting_trade_over_another_amount_is_a_conflict() -> None:
    _, payment = fresh()
    other = payment_result(payment, QUERY, Verdict.PENDING, amount=1)
    assert of_payment(payment, other, later(60)) is PaymentFact.CONFLICT


def refund() -> Refund:
    _, payment = fresh()
    return Refund(
        refund_no="R1",
        order_id=payment.order_id,
        payment_no=payment.payment_no,
        app_id="A1",
        merchant_id="M1",
        merchant_refund_no="T1",
        fingerprint="f",
        cause=RefundCause.REQUESTED,
        amount=500,
        currency="CNY",
        reason=None,
        notify_url=None,
        created_at=later(0),
    )


@pytest.mark.parametrize(
    ("source", "verdict", "more", "fact"),
    [
        (Source.REFUND, Verdict.SUCCEEDED, {}, RefundFact.RETURNED),
        (Source.REFUND, Verdict.SUCCEEDED, {"amount": 500}, RefundFact.RETURNED),
        (Source.REFUND, Verdict.SUCCEEDED, {"amount": 501}, RefundFact.CONFLICT),
        (Source.NOTICE, Verdict.SUCCEEDED, {"currency": "USD"}, RefundFact.CONFLICT),
        (Source.REFUND, Verdict.PENDING, {}, RefundFact.UNDER_WAY),
        (Source.QUERY_REFUND, Verdict.PENDING, {"found": False}, RefundFact.ABSENT),
        (Source.QUERY_REFUND, Verdict.DECLINED, {"found": False}, RefundFact.ABSENT),
        (Source.REFUND, Verdict.DECLINED, {}, RefundFact.REFUSED),
        (Source.NOTICE, Verdict.DECLINED, {"abnormal": True}, RefundFact.STUCK),
        (Source.REFUND, Verdict.NOT_SENT, {}, RefundFact.NOT_SENT),
        (Source.QUERY_REFUND, Verdict.NOT_SENT, {}, RefundFact.UNCLEAR),
        (Source.REFUND, Verdict.UNKNOWN, {}, RefundFact.UNCLEAR),
    ],
)
def test_words_about_a_refund_become_facts(
    source: Source, verdict: Verdict, more: dict[str, Any], fact: RefundFact
) -> None:
    a_refund = refund()
    _, payment = fresh(payment_no=a_refund.payment_no)
    assert of_refund(a_refund, payment, refund_result(a_refund, source, verdict, **more)) is fact


def test_a_refund_that_its_channel_names_alone_is_of_its_own_payment() -> None:
    a_refund = refund()
    _, payment = fresh(payment_no=a_refund.payment_no)
    words = refund_result(a_refund, Source.NOTICE, Verdict.SUCCEEDED, payment_no="")
    assert of_refund(a_refund, payment, words) is RefundFact.RETURNED
    words = refund_result(a_refund, Source.NOTICE, Verdict.SUCCEEDED, payment_no="P2")
    with pytest.raises(ImpossibleResult):
        of_refund(a_refund, payment, words)


def test_foreign_account_is_not_believed_about_a_refund() -> None:
    a_refund = refund()
    _, payment = fresh(payment_no=a_refund.payment_no)
    words = refund_result(a_refund, Source.NOTICE, Verdict.SUCCEEDED, payment_id="C2")
    assert payment.account_id == ACCOUNT
    with pytest.raises(ForeignAccount):
        of_refund(a_refund, payment, words)
