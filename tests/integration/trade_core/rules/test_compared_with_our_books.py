"""Rule `compared-with-our-books`.

Amount, currency, account and number are compared on every webhook and every answer.
"""

from typing import Any

import pytest
from tests.builders.trade_core import paid, payment_result, refund_request, request, returned
from tests.integration.trade_core.harness import Harness

from contracts.api import PaymentStatus, RefundStatus
from contracts.events.results import Source, Verdict

MONEY_SPEAKS = [Source.INITIATION, Source.NOTICE, Source.QUERY]
DIFFERENT = [{"amount": 1}, {"amount": 1300}, {"currency": "HKD"}]


@pytest.mark.parametrize("source", MONEY_SPEAKS)
@pytest.mark.parametrize("more", DIFFERENT)
async def test_success_that_differs_is_kept_apart_and_people_hear_of_it(
    harness: Harness, source: Source, more: dict[str, Any]
) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment, source, **more))
    assert await harness.state(payment) is PaymentStatus.CONFLICTED
    assert (await harness.event_types())[-1] == "payment.conflicted"
    assert await harness.alerts() == ["payment.conflicted"]
    assert await harness.balances() == {}


async def test_trade_that_waits_for_another_amount_is_a_conflict_before_anybody_pays(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await harness.apply(payment_result(payment, Source.QUERY, Verdict.PENDING, amount=1))
    assert await harness.state(payment) is PaymentStatus.CONFLICTED


async def test_success_of_a_number_that_nobody_knows_is_a_dead_letter_and_books_nothing(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await harness.apply(paid(payment, payment_no="P404"))
    assert await harness.state(payment) is PaymentStatus.PENDING
    assert [row["key"] for row in await harness.rows("select key from dead_event")] == ["P404"]
    assert await harness.balances() == {}


@pytest.mark.parametrize("more", [{"amount": 501}, {"currency": "HKD"}])
async def test_refund_that_differs_is_for_a_person_and_stays_reserved(
    harness: Harness, more: dict[str, Any]
) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(returned(refund, **more))
    assert await harness.refund_state(refund) is RefundStatus.PROCESSING
    harness.pass_time(1)
    asked = {"source": Source.QUERY_REFUND, "asked_at": harness.now, "said_at": harness.now}
    await harness.apply(returned(refund, **more).model_copy(update=asked))
    assert await harness.refund_state(refund) is RefundStatus.ABNORMAL
    assert (await harness.payment(payment)).amount_refunded == 0
    assert (await harness.payment(payment)).refund_reserved == 500


async def test_foreign_account_cannot_speak_of_a_refund(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(returned(refund, payment_id="C2"))
    assert await harness.refund_state(refund) is RefundStatus.PROCESSING
    assert await harness.alerts() == ["result.foreign_account"]


async def test_refund_of_one_payment_cannot_be_told_of_another(harness: Harness) -> None:
    payment = await harness.paid()
    other = await harness.paid(request(merchant_order_no="W2"))
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(returned(refund, payment_no=other.payment_no))
    assert await harness.refund_state(refund) is RefundStatus.PROCESSING
    assert (await harness.payment(other)).amount_refunded == 0
