"""later-wins on a real database: a close that undoes money and every success word spoken before it,
another amount of a refund."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import (
    NOON,
    paid,
    payment_result,
    refund_request,
    refund_result,
    request,
)
from tests.integration.trade_core.harness import Harness

from contracts.api import Method, OrderStatus, PaymentStatus, RefundStatus
from contracts.events.commands import CommandName
from contracts.events.results import PaymentResult, Source, Verdict
from trade_core.domain.facts import CONFLICT
from trade_core.domain.payment import Payment
from trade_core.domain.refund import RefundFact


def times(seconds: float) -> dict[str, Any]:
    at = NOON + timedelta(seconds=seconds)
    return {"asked_at": at, "said_at": at}


def reversal(payment: Payment) -> PaymentResult:
    return payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED, reversed=True, **times(60))


async def barcode(harness: Harness) -> Payment:
    payment = await harness.opened(request(method=Method.BARCODE, payer={"auth_code": "1" * 16}))
    harness.pass_time(100)
    return payment


async def test_delayed_notification_after_a_reversal_makes_no_payment(harness: Harness) -> None:
    payment = await barcode(harness)
    await harness.apply(reversal(payment))
    await harness.apply(paid(payment, **times(59)))
    now_is = await harness.payment(payment)
    assert (now_is.state, now_is.reversed_at) == (PaymentStatus.CLOSED, times(60)["said_at"])
    assert (await harness.order(payment)).state is OrderStatus.OPEN
    assert await harness.balances() == {}
    assert await harness.alerts() == ["payment.paid_before_reversal"]
    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY


async def test_the_query_that_follows_decides(harness: Harness) -> None:
    payment = await barcode(harness)
    await harness.apply(reversal(payment), paid(payment, **times(59)))
    await harness.apply(paid(payment, Source.QUERY, **times(99)))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED
    assert (await harness.order(payment)).state is OrderStatus.PAID


@pytest.mark.parametrize("split_batches", [True, False])
async def test_success_booked_before_its_reversal_is_refunded_in_the_books(
    harness: Harness, split_batches: bool
) -> None:
    payment = await barcode(harness)
    words = [paid(payment, **times(59)), reversal(payment), paid(payment, **times(58))]
    if split_batches:
        for word in words:
            await harness.apply(word)
    else:
        await harness.apply(*words)
    now_is = await harness.payment(payment)
    assert (now_is.state, now_is.amount_refunded) == (PaymentStatus.SUCCEEDED, payment.amount)
    (refund,) = await harness.refunds(payment)
    assert (refund.cause, refund.amount) == ("external", payment.amount)
    assert set((await harness.balances()).values()) == {0}


async def test_another_amount_of_a_refund_is_asked_about_twice_and_for_a_day(
    harness: Harness,
) -> None:
    payment = await harness.paid(request(amount=1000))
    ours = (await harness.refund(refund_request(payment, "T1", 300))).refund
    await harness.attend()
    other = {"amount": 301, "currency": "CNY"}
    await harness.apply(refund_result(ours, Source.NOTICE, Verdict.SUCCEEDED, **other))
    for _ in range(2):
        (command,) = await harness.attend()
        assert command.command is CommandName.QUERY_REFUND
        harness.pass_time(1)
        answer = {**other, "asked_at": harness.now, "said_at": harness.now}
        word = refund_result(ours, Source.QUERY_REFUND, Verdict.SUCCEEDED, **answer)
        await harness.apply(word, word)
        (refund,) = await harness.refunds(payment)
        assert refund.last_fact is RefundFact.CONFLICT
        if refund.state is RefundStatus.ABNORMAL:
            break
    assert (refund.state, refund.failure) == (RefundStatus.ABNORMAL, CONFLICT)
    assert await harness.alerts() == ["refund.abnormal"]
    harness.pass_time(5)
    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY_REFUND
    await harness.apply(refund_result(ours, Source.QUERY_REFUND, Verdict.SUCCEEDED, amount=300))
    (refund,) = await harness.refunds(payment)
    assert (refund.state, refund.failure) == (RefundStatus.SUCCEEDED, None)
