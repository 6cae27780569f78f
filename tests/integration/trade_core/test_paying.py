"""A payment runs: opened, initiated, paid, told and booked."""

from tests.integration.trade_core.desk import NOON, QR, Desk, paid, waits

from contracts.api import OrderStatus, PaymentStatus


async def test_payment_from_request_to_success(desk: Desk) -> None:
    opened = await desk.open()
    assert opened.created
    assert opened.payment.state is PaymentStatus.INITIATING

    await desk.apply(waits(opened.payment))
    waiting = await desk.payment(opened.payment)
    assert (waiting.state, waiting.action) == (PaymentStatus.PENDING, QR)

    await desk.apply(paid(opened.payment))
    done = await desk.payment(opened.payment)
    order = await desk.order(opened.payment)
    assert (done.state, done.settles, done.paid_at) == (PaymentStatus.SUCCEEDED, True, NOON)
    assert (order.state, order.amount_paid) == (OrderStatus.PAID, 1299)
    assert await desk.told() == [
        "payment.created", "payment.pending", "payment.succeeded", "order.paid"
    ]  # fmt: skip
    assert [event.data.sequence for event in await desk.events()] == [1, 2, 3, 4]
    assert await desk.balances() == {"channel_receivable": 1299, "merchant_payable": -1299}
    assert await desk.due() == {}
