"""What an app lists to catch up. A page is read without a lock: each item is as it is now.

What is asked for by a number may be what the app has just made: it is there, as the app was
answered.
"""

import base64
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from chassis.database import Tx
from chassis.problems import FieldError, InvalidRequest
from contracts.api import OrderPage, PaymentPage, PaymentStatus, RefundPage, SplitPage
from contracts.identifiers import is_id
from contracts.internal import ListQuery
from trade_core.domain import views
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.flows.deps import Deps
from trade_core.flows.waiting import until_initiated
from trade_core.store import lists, reading, splits
from trade_core.store.lists import Listed


async def list_payments(deps: Deps, query: ListQuery) -> PaymentPage:
    """The app's payments by their numbers. Raises InvalidRequest for a cursor of another list."""
    await _until_initiated(deps, query)
    async with _reading(deps, lists.PAYMENTS, query) as tx:
        page, next_cursor = await _page(tx, lists.PAYMENTS, query)
        payments = await reading.payments(tx, page)
        orders = await reading.orders(tx, list({one.order_id for one in payments.values()}))
    items = [views.payment_view(orders[payments[no].order_id], payments[no]) for no in page]
    return PaymentPage(items=items, next_cursor=next_cursor)


async def list_orders(deps: Deps, query: ListQuery) -> OrderPage:
    """The app's orders, each with its payments and refunds. Raises as `list_payments`."""
    await _until_initiated(deps, query)
    async with _reading(deps, lists.ORDERS, query) as tx:
        page, next_cursor = await _page(tx, lists.ORDERS, query)
        orders = await reading.orders(tx, page)
        payments = await reading.payments_of_orders(tx, page)
        refunds = await reading.refunds_of_orders(tx, page)
    items = [
        views.order_view(
            orders[number],
            [payment for payment in payments if payment.order_id == number],
            [refund for refund in refunds if refund.order_id == number],
        )
        for number in page
    ]
    return OrderPage(items=items, next_cursor=next_cursor)


async def list_refunds(deps: Deps, query: ListQuery) -> RefundPage:
    """The app's refunds by their numbers. Raises as `list_payments`."""
    async with _reading(deps, lists.REFUNDS, query) as tx:
        page, next_cursor = await _page(tx, lists.REFUNDS, query)
        found = await reading.refunds(tx, page)
        about = await _paid(tx, [found[number].payment_no for number in page])
    items = [views.refund_view(*about[found[no].payment_no], found[no]) for no in page]
    return RefundPage(items=items, next_cursor=next_cursor)


async def list_splits(deps: Deps, query: ListQuery) -> SplitPage:
    """The app's splits by their numbers. Raises as `list_payments`."""
    async with _reading(deps, lists.SPLITS, query) as tx:
        page, next_cursor = await _page(tx, lists.SPLITS, query)
        found = await splits.by_numbers(tx, page)
        about = await _paid(tx, [found[number].payment_no for number in page])
    items = [views.split_view(*about[found[no].payment_no], found[no]) for no in page]
    return SplitPage(items=items, next_cursor=next_cursor)


async def _until_initiated(deps: Deps, query: ListQuery) -> None:
    """Wait, up to 0.5 s, for the newest payment of the order or payment that is named."""
    if query.merchant_order_no is None and query.payment_no is None:
        return
    named = ListQuery(
        app_id=query.app_id,
        merchant_ids=query.merchant_ids,
        merchant_order_no=query.merchant_order_no,
        payment_no=query.payment_no,
        status=PaymentStatus.INITIATING,
        limit=1,
    )
    async with deps.db.snapshot() as tx:
        page = await lists.page(tx, lists.PAYMENTS, named, None)
        found = await reading.find_payment(tx, page.numbers[0]) if page.numbers else None
    if found is not None:
        await until_initiated(deps, *found)


def _reading(deps: Deps, listed: Listed, query: ListQuery) -> AbstractAsyncContextManager[Tx]:
    names_a_number = lists.names_a_number(listed, query)
    return deps.reader.snapshot() if names_a_number else deps.reader.transaction()


async def _page(tx: Tx, listed: Listed, query: ListQuery) -> tuple[list[str], str | None]:
    after = None if query.after is None else _number(listed, query.after)
    found = await lists.page(tx, listed, query, after)
    return found.numbers, found.goes_on_after and _cursor(found.goes_on_after)


async def _paid(tx: Tx, payment_nos: Sequence[str]) -> dict[str, tuple[Order, Payment]]:
    payments = await reading.payments(tx, payment_nos)
    orders = await reading.orders(tx, list({one.order_id for one in payments.values()}))
    return {number: (orders[one.order_id], one) for number, one in payments.items()}


def _cursor(number: str) -> str:
    return base64.urlsafe_b64encode(number.encode()).decode().rstrip("=")


def _number(listed: Listed, cursor: str) -> str:
    try:
        number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        number = ""
    if not is_id(listed.kind, number):
        fault = FieldError("/after", "is not a cursor of this list")
        raise InvalidRequest("The cursor is not one of ours.", errors=[fault])
    return number
