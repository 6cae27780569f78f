"""money-moved-outside on a real database: booked once, bounded, told, posted."""

import pytest
from tests.integration.trade_core.desk import Desk, paid, refund_request, request, said_of_refund

from contracts.api import RefundCause, RefundStatus
from contracts.events.commands import CommandName
from contracts.events.orders import OrderEventType
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import RefundExceedsPaid


async def test_a_refund_at_the_console_is_a_refund_of_ours_and_bounds_the_apps(desk: Desk) -> None:
    """Paid 10.00, 3.00 back at Alipay's console; the app then refunds 3.00, and 5.00."""
    payment = await desk.paid(request(amount=1000))
    said = paid(payment, amount_refunded=300, channel_refund_no="2026010522001")
    await desk.apply(said, said)
    await desk.apply(said)
    (outside,) = await desk.refunds(payment)
    assert (outside.cause, outside.state) == (RefundCause.EXTERNAL, RefundStatus.SUCCEEDED)
    assert (outside.amount, outside.channel_refund_no) == (300, "2026010522001")
    told = (await desk.events())[-1]
    assert told.type == OrderEventType.REFUND_SUCCEEDED
    assert told.data.refund is not None
    assert told.data.refund.cause is RefundCause.EXTERNAL
    assert await desk.alerts() == ["refund.external"]
    assert await desk.balances() == {
        "channel_receivable": 700, "merchant_payable": -700, "refunds_in_flight": 0
    }  # fmt: skip

    await desk.refund(refund_request(payment, "T1", 300))
    now_is = await desk.payment(payment)
    assert (now_is.refund_reserved, now_is.amount_refunded) == (600, 300)
    with pytest.raises(RefundExceedsPaid):
        await desk.refund(refund_request(payment, "T2", 500))


async def test_doubt_about_a_refund_under_way_ends_by_asking(desk: Desk) -> None:
    payment = await desk.paid(request(amount=1000))
    ours = (await desk.refund(refund_request(payment, "T1", 300))).refund
    await desk.attend()
    await desk.apply(paid(payment, amount_refunded=300))
    assert len(await desk.refunds(payment)) == 1
    desk.pass_time(2)
    await desk.apply(said_of_refund(ours, Source.QUERY_REFUND, Verdict.SUCCEEDED))
    (command,) = await desk.attend()
    assert (command.command, command.payment.payment_no) == (CommandName.QUERY, payment.payment_no)
    desk.pass_time(1)
    await desk.apply(paid(payment, Source.QUERY, amount_refunded=600))
    assert [one.cause for one in await desk.refunds(payment)] == [
        RefundCause.REQUESTED, RefundCause.EXTERNAL
    ]  # fmt: skip
    assert payment.payment_no not in await desk.due()


async def test_a_refund_under_a_foreign_number_is_booked(desk: Desk) -> None:
    payment = await desk.paid(request(amount=1000))
    ours = (await desk.refund(refund_request(payment, "T1", 300))).refund
    foreign = said_of_refund(
        ours, Source.NOTICE, Verdict.SUCCEEDED,
        refund_no="console-1", channel_refund_no="50001", amount=200,
    )  # fmt: skip
    own = said_of_refund(ours, Source.NOTICE, Verdict.SUCCEEDED)
    await desk.apply(foreign, own, foreign)
    refunds = await desk.refunds(payment)
    assert sorted(one.amount for one in refunds) == [200, 300]
    assert {one.state for one in refunds} == {RefundStatus.SUCCEEDED}
