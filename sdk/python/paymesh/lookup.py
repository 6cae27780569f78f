"""Whatever a number names: yours, ours or the channel's, of a payment, refund, split or link."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from paymesh.client import Paymesh
from paymesh.errors import NotFound
from paymesh.models.answers import DeliveryView, PaymentLinkView
from paymesh.models.money import OrderView, PaymentWithOrder, RefundView, SplitView

Found = OrderView | PaymentWithOrder | RefundView | SplitView | PaymentLinkView | DeliveryView

OUR_LENGTH: Final = 27
MOST: Final = 10
"""A merchant's number may name an order of each merchant; more than these nobody reads."""


def find(paymesh: Paymesh, number: str, merchant_id: str | None = None) -> list[Found]:
    """All of this app that has this number, or nothing; refunds and splits by your own number
    need the `merchant_id`. Raises ValueError where it is empty."""
    if not number.strip():
        raise ValueError("which number?")
    for search in (_by_our_number, _by_order, _by_own_refund, _by_own_split):
        with suppress(NotFound):
            if found := list(islice(search(paymesh, number, merchant_id), MOST)):
                return found
    return []


def _by_our_number(paymesh: Paymesh, number: str, _: str | None) -> Iterator[Found]:
    if len(number) != OUR_LENGTH:
        return
    match number[0]:
        case "P":
            yield paymesh.payments.get(number)
        case "R":
            yield paymesh.refunds.get(number)
        case "S":
            yield paymesh.splits.get(number)
        case "L":
            yield paymesh.payment_links.get(number)
        case "E":
            yield from paymesh.callbacks.deliveries(event_id=number)


def _by_order(paymesh: Paymesh, number: str, merchant_id: str | None) -> Iterator[Found]:
    yield from paymesh.orders.list(merchant_order_no=number, merchant_id=merchant_id)
    yield from paymesh.orders.list(channel_trade_no=number, merchant_id=merchant_id)


def _by_own_refund(paymesh: Paymesh, number: str, merchant_id: str | None) -> Iterator[Found]:
    if merchant_id is not None:
        yield paymesh.refunds.find(merchant_id=merchant_id, merchant_refund_no=number)


def _by_own_split(paymesh: Paymesh, number: str, merchant_id: str | None) -> Iterator[Found]:
    if merchant_id is not None:
        yield paymesh.splits.find(merchant_id=merchant_id, merchant_split_no=number)
