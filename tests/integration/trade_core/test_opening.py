"""Opening payments on a real database: one order number, many requests."""

import pytest
from tests.builders.trade_core import APP, MERCHANT, request
from tests.integration.trade_core.harness import Harness

from trade_core.domain.errors import OrderClosed
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


async def test_closed_order_refuses_payments(harness: Harness) -> None:
    await harness.open(request(method="cashier", payment_id=None))
    await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    with pytest.raises(OrderClosed):
        await harness.open(request(method="cashier", payment_id=None))


async def test_numbers_of_another_merchant_are_another_order(harness: Harness) -> None:
    first = await harness.open()
    second = await harness.open(request(merchant_id="M2", amount=1))
    assert second.created
    assert second.order.order_id != first.order.order_id
