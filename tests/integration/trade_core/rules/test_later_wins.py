"""later-wins for payments: a close that undoes money, and every success word spoken before it."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import NOON, paid, payment_result, request
from tests.integration.trade_core.harness import Harness

from contracts.api import Method, OrderStatus, PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import PaymentResult, Source, Verdict
from trade_core.domain.payment import Payment


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
