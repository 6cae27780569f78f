"""What an app lists to catch up: trade-core knows; we name the merchants, and add our links."""

from contracts.api import OrderPage, PaymentPage, RefundPage, SplitPage
from contracts.internal import ListQuery
from gateway.directory import App
from gateway.flows.access import require_merchant
from gateway.flows.deps import Deps
from gateway.flows.links import with_link
from gateway.flows.orders import with_links


def query_of(app: App, merchant_id: str | None, **filters: object) -> ListQuery:
    """The app's question, about one of its merchants or all of them; raises NotHere."""
    if merchant_id is not None:
        require_merchant(app, merchant_id)
    merchant_ids = sorted(app.merchant_ids) if merchant_id is None else [merchant_id]
    return ListQuery.model_validate({"app_id": app.app_id, "merchant_ids": merchant_ids, **filters})


async def list_payments(deps: Deps, query: ListQuery) -> PaymentPage:
    page = await deps.trade_core.post(PaymentPage, "/internal/lists/payments", body=query)
    items = [with_link(deps, payment) for payment in page.items]
    return page.model_copy(update={"items": items})


async def list_orders(deps: Deps, query: ListQuery) -> OrderPage:
    page = await deps.trade_core.post(OrderPage, "/internal/lists/orders", body=query)
    return page.model_copy(update={"items": [with_links(deps, order) for order in page.items]})


async def list_refunds(deps: Deps, query: ListQuery) -> RefundPage:
    return await deps.trade_core.post(RefundPage, "/internal/lists/refunds", body=query)


async def list_splits(deps: Deps, query: ListQuery) -> SplitPage:
    return await deps.trade_core.post(SplitPage, "/internal/lists/splits", body=query)
