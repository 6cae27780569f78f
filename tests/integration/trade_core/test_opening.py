"""Opening payments on a real database: one order number, many requests."""

import pytest
from tests.integration.trade_core.desk import APP, MERCHANT, Desk, request

from trade_core.domain.errors import OrderClosed
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


async def test_closed_order_refuses_payments(desk: Desk) -> None:
    await desk.open(request(method="cashier", payment_id=None))
    await close_order(desk.deps, OrderKey(APP, MERCHANT, "W1"))
    with pytest.raises(OrderClosed):
        await desk.open(request(method="cashier", payment_id=None))


async def test_numbers_of_another_merchant_are_another_order(desk: Desk) -> None:
    first = await desk.open()
    second = await desk.open(request(merchant_id="M2", amount=1))
    assert second.created
    assert second.order.order_id != first.order.order_id
