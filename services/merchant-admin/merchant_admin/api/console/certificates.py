"""Certificates by their end, for whoever has to renew them."""

from fastapi import APIRouter, Request, Response

from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByViewer
from merchant_admin.api.paging import (
    DEFAULT_LIMIT,
    certificate_after,
    page_of,
    place_of_certificate,
)
from merchant_admin.flows import expiring

router = APIRouter(include_in_schema=False, prefix="/console/certificates")


@router.get("")
async def certificates_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Those that end within 30 days; with `?ending=any` all there are."""
    filters = LISTS["certificates"].of(request)
    found = await expiring.read_page(
        deps,
        LISTS["certificates"].query(filters, visitor.scope),
        after=certificate_after(request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=place_of_certificate)
    named = {merchant_id for it in page.items for merchant_id in it.merchant_ids}
    context = await list_context(request, deps, visitor.scope, filters, page, named)
    return render(
        request, "certificates.html", {"visitor": visitor, "now": deps.clock(), **context}
    )
