"""`/api/audit`: who changed what, when, from where."""

from typing import Annotated

from fastapi import APIRouter, Query

from merchant_admin.api.access import CentreViewer, Work
from merchant_admin.api.paging import DEFAULT_LIMIT, After, Limit, Page, number_after, page_of
from merchant_admin.api.search import Text
from merchant_admin.api.views import AuditView
from merchant_admin.flows import searching

router = APIRouter(prefix="/api/audit")


@router.get("")
async def list_page(
    deps: Work,
    _: CentreViewer,
    entity_id: Annotated[Text | None, Query()] = None,
    actor: Annotated[Text | None, Query()] = None,
    action: Annotated[Text | None, Query()] = None,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AuditView]:
    found = await searching.read_audit(
        deps,
        after=number_after(after),
        entity_id=entity_id,
        actor=actor,
        action=action,
        limit=limit + 1,
    )
    return page_of(found, limit, view=AuditView.of, place=lambda item: str(item.number))
