"""Orders, payments, refunds and splits, page by page, filtered by what stands in the address."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import PAGE, Filters, list_context
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByViewer, Visitor
from merchant_admin.api.paging import page_of, place_of
from merchant_admin.domain.search import (
    FoundOrder,
    FoundPayment,
    FoundRefund,
    FoundSplit,
)
from merchant_admin.flows import searching
from merchant_admin.flows.deps import Deps

FoundT = TypeVar("FoundT", FoundOrder, FoundPayment, FoundRefund, FoundSplit)

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/orders")
async def orders_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["orders"].of(request)
    search = filters.search(visitor.scope, request.query_params.get("after"))
    found = await searching.list_orders(deps, search)
    return await _list(request, deps, visitor, filters, "orders", found, _merchant_of_order)


@router.get("/payments")
async def payments_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["payments"].of(request)
    search = filters.search(visitor.scope, request.query_params.get("after"))
    found = await searching.list_payments(deps, search)
    return await _list(
        request, deps, visitor, filters, "payments", found, lambda one: one.payment.merchant_id
    )


@router.get("/refunds")
async def refunds_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["refunds"].of(request)
    search = filters.search(visitor.scope, request.query_params.get("after"))
    found = await searching.list_refunds(deps, search)
    return await _list(
        request, deps, visitor, filters, "refunds", found, lambda one: one.refund.merchant_id
    )


@router.get("/splits")
async def splits_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    filters = LISTS["splits"].of(request)
    search = filters.split_search(visitor.scope, request.query_params.get("after"))
    found = await searching.list_splits(deps, search)
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
    context = await list_context(request, deps, visitor.scope, filters, page, named)
    return render(request, f"{things}.html", {"visitor": visitor, "things": things, **context})
