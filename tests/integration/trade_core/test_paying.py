"""A payment runs: opened, initiated, paid, told and booked."""

from tests.builders.trade_core import NOON, QR, paid, waits
from tests.integration.trade_core.harness import Harness

from contracts.api import OrderStatus, PaymentStatus


async def test_payment_from_request_to_success(harness: Harness) -> None:
    opened = await harness.open()
    assert opened.created
    assert opened.payment.state is PaymentStatus.INITIATING

    await harness.apply(waits(opened.payment))
    waiting = await harness.payment(opened.payment)
    assert (waiting.state, waiting.action) == (PaymentStatus.PENDING, QR)

    await harness.apply(paid(opened.payment))
    done = await harness.payment(opened.payment)
    order = await harness.order(opened.payment)
    assert (done.state, done.settles, done.paid_at) == (PaymentStatus.SUCCEEDED, True, NOON)
    assert (order.state, order.amount_paid) == (OrderStatus.PAID, 1299)
    assert await harness.event_types() == [
        "payment.created", "payment.pending", "payment.succeeded", "order.paid"
    ]  # fmt: skip
    assert [event.data.sequence for event in await harness.events()] == [1, 2, 3, 4]
    assert await harness.balances() == {"channel_receivable": 1299, "merchant_payable": -1299}
    assert await harness.due() == {}
