"""What is read is one state: a refund that succeeds while its order is being read is in the whole
answer or in none of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from tests.builders.trade_core import APP, MERCHANT, refund_request, returned

from chassis.database import Tx
from contracts.api import RefundStatus
from contracts.internal import ListQuery
from trade_core.domain.order import Order, OrderKey
from trade_core.flows import list_records, read, read_order
from trade_core.flows.deps import Deps
from trade_core.store import reading

from .harness import Harness

Seen = tuple[int, Sequence[Any]]
"""What has gone back of the order, and its refunds."""


async def _order(deps: Deps, order: Order) -> Seen:
    key = OrderKey(order.app_id, order.merchant_id, order.merchant_order_no)
    view = await read.get_order(deps, key)
    return view.amount_refunded, view.refunds


async def _on_file(deps: Deps, order: Order) -> Seen:
    on_file = await read_order.read(deps, order.order_id)
    return on_file.order.amount_refunded, on_file.refunds


async def _checkout(deps: Deps, order: Order) -> Seen:
    checkout = await read.get_checkout(deps, order.latest_payment_no)
    return checkout.payment.order.amount_refunded, checkout.refunds


async def _listed(deps: Deps, order: Order) -> Seen:
    query = ListQuery(app_id=APP, merchant_ids=[MERCHANT])
    [view] = (await list_records.list_orders(deps, query)).items
    return view.amount_refunded, view.refunds


@pytest.mark.parametrize("look", [_order, _on_file, _checkout, _listed])
async def test_a_refund_that_succeeds_meanwhile_is_in_all_of_it_or_in_none(
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Deps, Order], Awaitable[Seen]],
) -> None:
    payment = await harness.paid()
    order = await harness.order(payment)
    results = [returned((await harness.refund(refund_request(payment))).refund)]

    def after_the_result(known: Callable[[Tx, Any], Awaitable[Any]]) -> Any:
        async def meanwhile(tx: Tx, which: Any) -> Any:
            await harness.apply(*results)
            results.clear()
            return await known(tx, which)

        return meanwhile

    for name in ("of_order", "refunds_of_orders"):
        monkeypatch.setattr(reading, name, after_the_result(getattr(reading, name)))
    amount_refunded, refunds = await look(harness.deps, order)

    gone_back = sum(one.amount for one in refunds if one.status is RefundStatus.SUCCEEDED)
    assert (gone_back, results) == (amount_refunded, [])
