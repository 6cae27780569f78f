"""Refunds on a real database: never more than was paid, never twice."""

import pytest
from tests.builders.trade_core import OTHER_ACCOUNT, refund_request, request, returned
from tests.integration.trade_core.harness import Harness

from contracts.api import RefundStatus
from contracts.events.commands import CommandName
from trade_core.domain.errors import PaymentNotFound, PaymentNotRefundable, RefundMismatch


async def test_refund_is_sent_at_once_and_its_result_moves_it(harness: Harness) -> None:
    payment = await harness.paid()
    opened = await harness.refund(refund_request(payment, reason="退押金"))
    (command,) = await harness.attend()
    assert (command.command, command.payment.payment_no) == (CommandName.REFUND, payment.payment_no)
    assert command.refund is not None
    assert (command.refund.refund_no, command.refund.amount) == (opened.refund.refund_no, 500)

    await harness.apply(returned(opened.refund, channel_refund_no="50001"))
    (refund,) = await harness.refunds(payment)
    order = await harness.order(payment)
    assert (refund.state, refund.channel_refund_no) == (RefundStatus.SUCCEEDED, "50001")
    assert (await harness.payment(payment)).amount_refunded == order.amount_refunded == 500
    assert (await harness.event_types())[-2:] == ["refund.created", "refund.succeeded"]
    assert await harness.balances() == {
        "channel_receivable": 799, "merchant_payable": -799, "refunds_in_flight": 0
    }  # fmt: skip
    assert await harness.due() == {}


async def test_a_refund_comes_back_by_its_number_alone(harness: Harness) -> None:
    payment = await harness.paid()
    opened = await harness.refund(refund_request(payment))
    await harness.apply(returned(opened.refund, payment_no="", amount_refunded=500))
    (refund,) = await harness.refunds(payment)
    assert refund.state is RefundStatus.SUCCEEDED
    assert (await harness.payment(payment)).amount_refunded == 500
    assert (await harness.event_types())[-1] == "refund.succeeded"


async def test_refund_of_what_is_not_ones_own_is_not_found(harness: Harness) -> None:
    payment = await harness.paid()
    with pytest.raises(PaymentNotFound):
        await harness.refund(refund_request(payment), app_id="A2")
    with pytest.raises(PaymentNotFound):
        await harness.refund(refund_request(payment, merchant_id="M2"))
    with pytest.raises(PaymentNotFound):
        await harness.refund(refund_request(payment, payment_id=OTHER_ACCOUNT))
    with pytest.raises(PaymentNotFound):
        await harness.refund(refund_request(payment, payment_no="P0"))


async def test_person_may_refund_any_apps_payment(harness: Harness) -> None:
    payment = await harness.paid()
    assert (await harness.refund(refund_request(payment), app_id=None)).created


async def test_persons_refund_is_told_where_its_payment_was_told(harness: Harness) -> None:
    """Nobody was told where the app has no address of its own."""
    payment = await harness.paid(request(notify_url="https://app.example/callback"))
    by_person = await harness.refund(refund_request(payment, "B1", 100), app_id=None)
    by_app = await harness.refund(refund_request(payment, "B2", 100))
    told_at = [each.refund.notify_url for each in (by_person, by_app)]
    assert told_at == ["https://app.example/callback", None]


async def test_persons_refund_has_the_number_of_its_form(harness: Harness) -> None:
    """What a form sends twice is one refund; its number with other content is refused."""
    payment = await harness.paid()
    first = await harness.refund(refund_request(payment, "form-1"), app_id=None)
    again = await harness.refund(refund_request(payment, "form-1"), app_id=None)
    assert (again.created, again.refund.refund_no) == (False, first.refund.refund_no)
    with pytest.raises(RefundMismatch):
        await harness.refund(refund_request(payment, "form-1", 400), app_id=None)
    assert (await harness.payment(payment)).refund_reserved == 500


async def test_unpaid_payment_cannot_be_refunded(harness: Harness) -> None:
    payment = await harness.opened()
    with pytest.raises(PaymentNotRefundable):
        await harness.refund(refund_request(payment))
