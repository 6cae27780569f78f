"""`/api/audit`: who changed what, when, from where."""

from typing import Annotated

from fastapi import APIRouter, Query

from merchant_admin.api.access import CentreViewer, DepsOf
from merchant_admin.api.list_queries import AuditParameters
from merchant_admin.api.paging import Page, number_after, page_of
from merchant_admin.api.views import AuditView
from merchant_admin.flows import searching

router = APIRouter(prefix="/api/audit")


@router.get("")
async def list_page(
    deps: DepsOf, caller: CentreViewer, query: Annotated[AuditParameters, Query()]
) -> Page[AuditView]:
    """The newest first."""
    found = await searching.read_audit(
        deps,
        query.query(caller.scope),
        after=number_after(query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=AuditView.of, place=lambda item: str(item.number))
