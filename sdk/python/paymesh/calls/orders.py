"""/v1/orders."""

from datetime import datetime

from paymesh import exchange
from paymesh.calls import lists
from paymesh.exchange import Call, Stream, path, post
from paymesh.models.answers import OrderPage
from paymesh.models.money import OrderView
from paymesh.models.requests import CloseOrder
from paymesh.models.vocabulary import OrderStatus


def get(merchant_order_no: str, *, merchant_id: str) -> Call[OrderView]:
    """The order with all its payments and refunds."""
    return exchange.get(path("orders", merchant_order_no), OrderView, {"merchant_id": merchant_id})


def close(merchant_order_no: str, *, merchant_id: str) -> Call[OrderView]:
    """Close what is unpaid, at the channel too. Raises OrderPaid."""
    asked = exchange.asked(CloseOrder, {"merchant_id": merchant_id})
    return post(path("orders", merchant_order_no, "close"), OrderView, asked, is_repeatable=True)


def list_(
    *,
    merchant_id: str | None = None,
    status: OrderStatus | str | None = None,
    channel: str | None = None,
    merchant_order_no: str | None = None,
    payment_no: str | None = None,
    channel_trade_no: str | None = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    paid_from: datetime | None = None,
    paid_to: datetime | None = None,
    order: str | None = None,
    after: str | None = None,
) -> Stream[OrderView]:
    """All orders that fit, each with its payments and refunds; the newest first."""
    return lists.items("orders", OrderPage, dict(locals()))
