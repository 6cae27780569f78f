"""Payments and orders are looked at or closed: trade-core knows, we add the links to our page."""

from urllib.parse import quote

from contracts.api import OrderView, PaymentWithOrder
from contracts.internal import CloseOrderFor
from gateway.directory import App
from gateway.flows.access import require_merchant
from gateway.flows.deps import Deps
from gateway.flows.links import with_link


async def get_payment(deps: Deps, app: App, payment_no: str) -> PaymentWithOrder:
    payment = await deps.trade_core.get(
        PaymentWithOrder,
        f"/internal/payments/{quote(payment_no, safe='')}",
        {"app_id": app.app_id},
    )
    require_merchant(app, payment.merchant_id, "payment")
    return with_link(deps, payment)


async def get_order(deps: Deps, app: App, merchant_order_no: str, merchant_id: str) -> OrderView:
    require_merchant(app, merchant_id, "order")
    order = await deps.trade_core.get(
        OrderView,
        f"/internal/orders/{quote(merchant_order_no, safe='')}",
        {"app_id": app.app_id, "merchant_id": merchant_id},
    )
    return with_links(deps, order)


async def close(deps: Deps, app: App, merchant_order_no: str, merchant_id: str) -> OrderView:
    """Have what is unpaid closed, here and at the channels; repeating it changes nothing."""
    require_merchant(app, merchant_id, "order")
    order = await deps.trade_core.post(
        OrderView,
        f"/internal/orders/{quote(merchant_order_no, safe='')}/close",
        body=CloseOrderFor(app_id=app.app_id, merchant_id=merchant_id),
    )
    return with_links(deps, order)


def with_links(deps: Deps, order: OrderView) -> OrderView:
    payments = [with_link(deps, payment) for payment in order.payments]
    return order.model_copy(update={"payments": payments})
