"""Rule `twice-late-out-of-order`.

Whatever arrives twice, late or out of order leaves the books as if it had not.
"""

import asyncio
from itertools import permutations

import pytest
from tests.builders.trade_core import (
    closed,
    paid,
    payment_result,
    refund_request,
    refund_result,
    request,
    returned,
    waits,
)
from tests.integration.trade_core.harness import Harness

from contracts.api import OrderStatus, PaymentStatus, RefundStatus
from contracts.events.results import PaymentResult, RefundResult, Source, Verdict
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund


async def test_batch_that_comes_again_changes_nothing(harness: Harness) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment))
    events, balances = await harness.event_types(), await harness.balances()
    await harness.apply(waits(payment), paid(payment), paid(payment, Source.QUERY))
    assert (await harness.event_types(), await harness.balances()) == (events, balances)


async def test_two_consumers_with_the_same_words_book_once(harness: Harness) -> None:
    payment = await harness.opened()
    await asyncio.gather(*(harness.apply(paid(payment)) for _ in range(8)))
    assert (await harness.event_types()).count("payment.succeeded") == 1
    assert (await harness.balances())["channel_receivable"] == 1299


async def test_webhook_before_the_initiations_answer(harness: Harness) -> None:
    payment = (await harness.open()).payment
    await harness.apply(paid(payment))
    await harness.apply(waits(payment))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED
    assert await harness.event_types() == ["payment.created", "payment.succeeded", "order.paid"]


@pytest.mark.parametrize("in_one_batch", [True, False], ids=["one batch", "batch by batch"])
async def test_every_order_of_the_same_words_ends_in_the_same_books(
    harness: Harness, in_one_batch: bool
) -> None:
    """Four words, each twice, in all 24 orders: one success, one ledger entry, one event."""
    payments = []
    for number, order in enumerate(permutations(range(4))):
        payment = (await harness.open(request(merchant_order_no=f"W{number}"))).payment
        words = [_words(payment)[place] for place in (*order, *order)]
        if in_one_batch:
            await harness.apply(*words)
        else:
            for word in words:
                await harness.apply(word)
        payments.append(payment)
    assert {await harness.state(payment) for payment in payments} == {PaymentStatus.SUCCEEDED}
    assert {(await harness.order(payment)).state for payment in payments} == {OrderStatus.PAID}
    assert (await harness.event_types()).count("payment.succeeded") == len(payments)
    assert await harness.balances() == {
        "channel_receivable": 1299 * len(payments), "merchant_payable": -1299 * len(payments)
    }  # fmt: skip


async def test_every_order_of_the_same_words_ends_in_the_same_refund(harness: Harness) -> None:
    for number, order in enumerate(permutations(range(4))):
        payment = await harness.paid(request(merchant_order_no=f"W{number}"))
        refund = (await harness.refund(refund_request(payment, f"T{number}"))).refund
        for place in (*order, *order):
            await harness.apply(_words_of_refund(refund)[place])
        assert await harness.refund_state(refund) is RefundStatus.SUCCEEDED
        assert (await harness.payment(payment)).amount_refunded == 500
    assert (await harness.event_types()).count("refund.succeeded") == 24
    assert (await harness.balances())["refunds_in_flight"] == 0


async def test_close_after_the_success_and_success_after_the_close_end_alike(
    harness: Harness,
) -> None:
    first = await harness.opened()
    second = await harness.opened(request(merchant_order_no="W2"))
    await harness.apply(closed(first), paid(second))
    await harness.apply(paid(first), closed(second))
    for payment in (first, second):
        assert await harness.state(payment) is PaymentStatus.SUCCEEDED
        assert (await harness.order(payment)).state is OrderStatus.PAID


def _words(payment: Payment) -> list[PaymentResult]:
    return [
        payment_result(payment, Source.INITIATION, Verdict.UNKNOWN),
        waits(payment),
        paid(payment),
        payment_result(payment, Source.CLOSE, Verdict.DECLINED),
    ]


def _words_of_refund(refund: Refund) -> list[RefundResult]:
    return [
        refund_result(refund, Source.REFUND, Verdict.UNKNOWN),
        refund_result(refund, Source.QUERY_REFUND, Verdict.PENDING, found=False),
        refund_result(refund, Source.REFUND, Verdict.PENDING),
        returned(refund),
    ]
