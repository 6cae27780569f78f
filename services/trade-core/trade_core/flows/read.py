"""What apps and people look at."""

import base64
from typing import Final, TypeAlias

from chassis import outbox
from chassis.database import Tx
from chassis.problems import FieldError, InvalidRequest
from contracts.api import (
    EventItem,
    EventPage,
    OrderView,
    PaymentStatus,
    RefundView,
    SplitView,
)
from contracts.events.orders import OrderEventRecord
from contracts.internal import CheckoutOnFile, PaymentOnFile, RefundOnFile
from trade_core.domain import views
from trade_core.domain.errors import (
    CursorExpired,
    OrderNotFound,
    PaymentNotFound,
    RefundNotFound,
    SplitNotFound,
)
from trade_core.domain.order import Order, OrderKey
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split
from trade_core.flows.deps import Deps
from trade_core.flows.waiting import until_initiated
from trade_core.store import reading, splits

MAX_CURSOR: Final = 19
"""A letter and eighteen digits, which every position fits."""


async def get_payment(deps: Deps, payment_no: str, app_id: str | None) -> PaymentOnFile:
    """One payment with its order; while it is being initiated this waits for up to 0.5 s.

    `app_id` None: any app's. Raises PaymentNotFound.
    """
    async with deps.db.snapshot() as tx:
        found = await reading.find_payment(tx, payment_no)
    if found is None or app_id not in (None, found[0].app_id):
        raise PaymentNotFound(payment_no)
    return views.payment_on_file(*await until_initiated(deps, *found))


async def get_checkout(deps: Deps, payment_no: str) -> CheckoutOnFile:
    """The payment with all of its order, as one state; while the latest attempt is being initiated
    this waits for up to 0.5 s. Raises PaymentNotFound."""
    async with deps.db.snapshot() as tx:
        found = await reading.find_payment(tx, payment_no)
        if found is None:
            raise PaymentNotFound(payment_no)
        seen = await _whole(tx, found[0])
    order, payments, refunds = await _whole_when_initiated(deps, seen)
    return views.checkout_on_file(order, payment_no, payments, refunds)


async def get_order(deps: Deps, key: OrderKey) -> OrderView:
    """The order with all its payments and refunds, as one state; while its latest payment is being
    initiated this waits for up to 0.5 s. Raises OrderNotFound."""
    async with deps.db.snapshot() as tx:
        order = await reading.find_order(tx, key)
        if order is None:
            raise OrderNotFound(key.merchant_order_no)
        seen = await _whole(tx, order)
    return views.order_view(*await _whole_when_initiated(deps, seen))


async def get_refund(deps: Deps, refund_no: str, app_id: str | None) -> RefundOnFile:
    """`app_id` None: any app's. Raises RefundNotFound."""
    async with deps.db.snapshot() as tx:
        refund = (await reading.refunds(tx, [refund_no])).get(refund_no)
        if refund is None or app_id not in (None, refund.app_id):
            raise RefundNotFound(refund_no)
        return await _refund_view(tx, refund)


async def get_refund_by_number(
    deps: Deps, *, app_id: str, merchant_id: str, merchant_refund_no: str
) -> RefundView:
    """Raises RefundNotFound."""
    async with deps.db.snapshot() as tx:
        refund = await reading.find_refund_by_number(tx, app_id, merchant_id, merchant_refund_no)
        if refund is None:
            raise RefundNotFound(merchant_refund_no)
        return await _refund_view(tx, refund)


async def get_split(deps: Deps, split_no: str, app_id: str | None) -> SplitView:
    """`app_id` None: any app's. Raises SplitNotFound."""
    async with deps.db.snapshot() as tx:
        split = (await splits.by_numbers(tx, [split_no])).get(split_no)
        if split is None or app_id not in (None, split.app_id):
            raise SplitNotFound(split_no)
        return await _split_view(tx, split)


async def get_split_by_number(
    deps: Deps, *, app_id: str, merchant_id: str, merchant_split_no: str
) -> SplitView:
    """Raises SplitNotFound."""
    async with deps.db.snapshot() as tx:
        split = await splits.find_by_number(tx, app_id, merchant_id, merchant_split_no)
        if split is None:
            raise SplitNotFound(merchant_split_no)
        return await _split_view(tx, split)


async def list_newest_events(deps: Deps, app_id: str, count: int) -> EventPage:
    """The app's newest events, in order; behind its cursor none is left out that comes later."""
    position = await outbox.place_before(deps.db, app_id, count)
    page = await _events(deps, app_id, position, count)
    if page.next_cursor is None and position:
        return page.model_copy(update={"next_cursor": _cursor(position)})
    return page


async def list_events(deps: Deps, app_id: str, after: str | None, limit: int) -> EventPage:
    """The app's events after a cursor, in order, none ever left out.

    A page that is not empty has a cursor; behind an empty one the caller keeps the one it has.
    Raises CursorExpired where events behind the cursor are not kept any more.
    """
    return await _events(deps, app_id, 0 if after is None else _position(after), limit)


async def _events(deps: Deps, app_id: str, position: int, limit: int) -> EventPage:
    try:
        logged = await outbox.list_since(deps.db, app_id, position, limit, reader=deps.reader)
    except outbox.PositionForgotten as forgotten:
        raise CursorExpired(_cursor(forgotten.oldest)) from forgotten
    return EventPage(
        items=[_item(entry.event.payload) for entry in logged],
        next_cursor=_cursor(logged[-1].position) if logged else None,
    )


Whole: TypeAlias = tuple[Order, list[Payment], list[Refund]]


async def _whole(tx: Tx, order: Order) -> Whole:
    return order, *await reading.of_order(tx, order.order_id)


async def _whole_when_initiated(deps: Deps, seen: Whole) -> Whole:
    """As it was seen, or as it is when the latest attempt has a result of its initiation."""
    order, payments, _ = seen
    latest = next(each for each in payments if each.payment_no == order.latest_payment_no)
    if latest.state is not PaymentStatus.INITIATING:
        return seen
    await until_initiated(deps, order, latest)
    async with deps.db.snapshot() as tx:
        return await _whole(tx, (await reading.orders(tx, [order.order_id]))[order.order_id])


async def _refund_view(tx: Tx, refund: Refund) -> RefundOnFile:
    return views.refund_on_file(*await _paid(tx, refund.payment_no), refund)


async def _split_view(tx: Tx, split: Split) -> SplitView:
    return views.split_view(*await _paid(tx, split.payment_no), split)


async def _paid(tx: Tx, payment_no: str) -> tuple[Order, Payment]:
    found = await reading.find_payment(tx, payment_no)
    if found is None:
        raise PaymentNotFound(payment_no)
    return found


def _item(payload: bytes) -> EventItem:
    record = OrderEventRecord.model_validate_json(payload)
    return EventItem.model_validate(
        {
            "id": record.id,
            "type": record.type,
            "timestamp": record.time,
            "data": record.data.refund or record.data.split or record.data.payment,
        }
    )


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"e{position}".encode()).decode().rstrip("=")


def _position(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        text = ""
    if not text.startswith("e") or not text[1:].isdigit() or len(text) > MAX_CURSOR:
        fault = FieldError("/after", "is not a cursor of this list")
        raise InvalidRequest("The cursor is not one of ours.", errors=[fault])
    return int(text[1:])
