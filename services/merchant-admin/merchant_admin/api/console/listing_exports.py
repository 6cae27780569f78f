"""The lists besides money as files, with the filters that stand in the address of their page."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from merchant_admin.api.access import Work
from merchant_admin.api.console import approvals, callbacks
from merchant_admin.api.console.exports import HOME, LIST, LISTED, kind_of
from merchant_admin.api.console.visiting import Seen, SeenByAdmin, SeenByCentre, Visitor, to
from merchant_admin.api.exports import download_listing
from merchant_admin.domain.errors import TooManyRows
from merchant_admin.flows import listings
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.listings import Listing

router = APIRouter(include_in_schema=False, prefix=HOME)


def _nothing(_: Request) -> dict[str, Any]:
    return {}


FILTERS: Final[Mapping[str, Callable[[Request], dict[str, Any]]]] = {
    **LISTED,
    listings.ENDPOINTS.name: callbacks.endpoint_filters_of,
    listings.APPROVALS.name: approvals.filters_of,
}
"""What a list is filtered by; the others by nothing."""


@router.get("/callbacks")
async def export_callbacks(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.CALLBACKS)


@router.get("/endpoints")
async def export_endpoints(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.ENDPOINTS)


@router.get("/alerts")
async def export_alerts(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.ALERTS)


@router.get("/audit")
async def export_audit(request: Request, deps: Work, visitor: SeenByCentre) -> Response:
    return await _export(request, deps, visitor, listings.AUDIT)


@router.get("/approvals")
async def export_approvals(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.APPROVALS)


@router.get("/merchants")
async def export_merchants(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.MERCHANTS)


@router.get("/channel-accounts")
async def export_accounts(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.ACCOUNTS)


@router.get("/apps")
async def export_apps(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.APPS)


@router.get("/counter-codes")
async def export_codes(request: Request, deps: Work, visitor: Seen) -> Response:
    return await _export(request, deps, visitor, listings.CODES)


@router.get("/users")
async def export_users(request: Request, deps: Work, visitor: SeenByAdmin) -> Response:
    return await _export(request, deps, visitor, listings.USERS)


async def _export(
    request: Request, deps: Deps, visitor: Visitor, listing: Listing[Any]
) -> Response:
    """One that is too long leads to where its file is made in the background."""
    filters = FILTERS.get(listing.name, _nothing)(request)
    try:
        return await download_listing(deps, visitor.caller, listing, filters, kind_of(request))
    except TooManyRows:
        if not listing.is_long:
            raise
        query = request.url.include_query_params(**{LIST: listing.name}).query
        return to(f"{HOME}?{query}")
