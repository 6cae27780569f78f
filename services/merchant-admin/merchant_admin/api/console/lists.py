"""Orders, payments, refunds and splits, page by page, filtered by what stands in the address."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus
from merchant_admin.api.access import Work
from merchant_admin.api.console.filters import (
    METHODS,
    PAGE,
    Filters,
    count_of,
)
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import Seen, Visitor
from merchant_admin.api.paging import page_of, place_of
from merchant_admin.domain.search import (
    FoundOrder,
    FoundPayment,
    FoundRefund,
    FoundSplit,
)
from merchant_admin.flows import channels, merchants, searching
from merchant_admin.flows.deps import Deps

FoundT = TypeVar("FoundT", FoundOrder, FoundPayment, FoundRefund, FoundSplit)

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/orders")
async def orders_page(request: Request, deps: Work, visitor: Seen) -> Response:
    filters = Filters.of(request, OrderStatus)
    search = filters.search(visitor.scope, request.query_params.get("after"))
    found = await searching.find_orders(deps, search)
    return await _list(request, deps, visitor, filters, "orders", found, _merchant_of_order)


@router.get("/payments")
async def payments_page(request: Request, deps: Work, visitor: Seen) -> Response:
    filters = Filters.of(request, PaymentStatus)
    search = filters.search(visitor.scope, request.query_params.get("after"))
    found = await searching.find_payments(deps, search)
    return await _list(
        request, deps, visitor, filters, "payments", found, lambda one: one.payment.merchant_id
    )


@router.get("/refunds")
async def refunds_page(request: Request, deps: Work, visitor: Seen) -> Response:
    filters = Filters.of(request, RefundStatus)
    search = filters.search(visitor.scope, request.query_params.get("after"))
    found = await searching.find_refunds(deps, search)
    return await _list(
        request, deps, visitor, filters, "refunds", found, lambda one: one.refund.merchant_id
    )


@router.get("/splits")
async def splits_page(request: Request, deps: Work, visitor: Seen) -> Response:
    filters = Filters.of(request, SplitStatus)
    search = filters.split_search(visitor.scope, request.query_params.get("after"))
    found = await searching.find_splits(deps, search)
    return await _list(
        request, deps, visitor, filters, "splits", found, lambda one: one.split.merchant_id
    )


def _merchant_of_order(found: FoundOrder) -> str:
    return found.order.merchant_id


async def _list(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    filters: Filters,
    things: str,
    found: Sequence[FoundT],
    merchant_of: Callable[[FoundT], str],
) -> Response:
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: place_of(item.position))
    named = {merchant_of(item) for item in page.items}
    if visitor.scope.has(filters.get("merchant_id")):
        named.add(filters.get("merchant_id"))
    is_whole = page.next_cursor is None and not request.query_params.get("after")
    context = {
        "visitor": visitor,
        "page": page,
        "things": things,
        "names": await merchants.read_names(deps, named),
        "filters": filters,
        "channels": channels.listed(deps, filters.get("channel")),
        "methods": METHODS,
        "count": count_of(page.items, is_whole=is_whole),
    }
    return render(request, f"{things}.html", context)
