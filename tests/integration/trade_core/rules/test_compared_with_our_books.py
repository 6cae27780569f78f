"""Rule `compared-with-our-books`.

Amount, currency, account and number are compared on every webhook and every answer.
"""

from typing import Any

import pytest
from tests.integration.trade_core.desk import (
    Desk,
    paid,
    refund_request,
    request,
    returned,
    said_of_payment,
)

from contracts.api import PaymentStatus, RefundStatus
from contracts.events.results import Source, Verdict

MONEY_SPEAKS = [Source.INITIATION, Source.NOTICE, Source.QUERY]
DIFFERENT = [{"amount": 1}, {"amount": 1300}, {"currency": "HKD"}]


@pytest.mark.parametrize("source", MONEY_SPEAKS)
@pytest.mark.parametrize("more", DIFFERENT)
async def test_success_that_differs_is_kept_apart_and_people_hear_of_it(
    desk: Desk, source: Source, more: dict[str, Any]
) -> None:
    payment = await desk.opened()
    await desk.apply(paid(payment, source, **more))
    assert await desk.state(payment) is PaymentStatus.CONFLICTED
    assert (await desk.told())[-1] == "payment.conflicted"
    assert await desk.alerts() == ["payment.conflicted"]
    assert await desk.balances() == {}


async def test_trade_that_waits_for_another_amount_is_a_conflict_before_anybody_pays(
    desk: Desk,
) -> None:
    payment = await desk.opened()
    await desk.apply(said_of_payment(payment, Source.QUERY, Verdict.PENDING, amount=1))
    assert await desk.state(payment) is PaymentStatus.CONFLICTED


async def test_success_of_a_number_that_nobody_knows_is_parked_and_books_nothing(
    desk: Desk,
) -> None:
    payment = await desk.opened()
    await desk.apply(paid(payment, payment_no="P404"))
    assert await desk.state(payment) is PaymentStatus.PENDING
    assert [row["key"] for row in await desk.rows("select key from dead_event")] == ["P404"]
    assert await desk.balances() == {}


@pytest.mark.parametrize("more", [{"amount": 501}, {"currency": "HKD"}])
async def test_refund_that_differs_is_for_a_person_and_stays_reserved(
    desk: Desk, more: dict[str, Any]
) -> None:
    payment = await desk.paid()
    refund = (await desk.refund(refund_request(payment))).refund
    await desk.apply(returned(refund, **more))
    assert await desk.refund_state(refund) is RefundStatus.ABNORMAL
    assert (await desk.payment(payment)).amount_refunded == 0
    assert (await desk.payment(payment)).refund_reserved == 500


async def test_foreign_account_cannot_speak_of_a_refund(desk: Desk) -> None:
    payment = await desk.paid()
    refund = (await desk.refund(refund_request(payment))).refund
    await desk.apply(returned(refund, payment_id="C2"))
    assert await desk.refund_state(refund) is RefundStatus.PROCESSING
    assert await desk.alerts() == ["result.foreign_account"]


async def test_refund_of_one_payment_cannot_be_told_of_another(desk: Desk) -> None:
    payment = await desk.paid()
    other = await desk.paid(request(merchant_order_no="W2"))
    refund = (await desk.refund(refund_request(payment))).refund
    await desk.apply(returned(refund, payment_no=other.payment_no))
    assert await desk.refund_state(refund) is RefundStatus.PROCESSING
    assert (await desk.payment(other)).amount_refunded == 0
