"""`/api/counter-codes`: fixed counter codes (固定收款码)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from merchant_admin.api.access import Admin, DepsOf, Viewer
from merchant_admin.api.bodies import ChangeCounterCode, CreateCounterCode, body
from merchant_admin.api.ids import CodeId
from merchant_admin.api.list_queries import CodeParameters
from merchant_admin.api.paging import Page, id_after, page_of
from merchant_admin.api.views import CounterCodeView
from merchant_admin.flows import counter_codes

router = APIRouter(prefix="/api/counter-codes")


@router.post("", status_code=201)
async def create(
    deps: DepsOf,
    caller: Admin,
    request: Annotated[CreateCounterCode, Depends(body(CreateCounterCode))],
) -> CounterCodeView:
    """Payers who open `url` begin orders of the app, within these amounts."""
    return CounterCodeView.of(await counter_codes.create(deps, caller.actor, dict(request)))


@router.get("")
async def list_page(
    deps: DepsOf, caller: Viewer, query: Annotated[CodeParameters, Query()]
) -> Page[CounterCodeView]:
    """The newest first."""
    found = await counter_codes.read_page(
        deps,
        query.query(caller.scope),
        after=id_after("counter_code", query.after),
        limit=query.limit + 1,
    )
    return page_of(
        found, query.limit, view=CounterCodeView.of, place=lambda item: item.code.code_id
    )


@router.get("/{code_id}")
async def read(deps: DepsOf, caller: Viewer, code_id: CodeId) -> CounterCodeView:
    return CounterCodeView.of(await counter_codes.read(deps, code_id, caller.scope))


@router.patch("/{code_id}")
async def change(
    deps: DepsOf,
    caller: Admin,
    code_id: CodeId,
    request: Annotated[ChangeCounterCode, Depends(body(ChangeCounterCode))],
) -> CounterCodeView:
    """A disabled one begins nothing any more; what was begun there stays payable."""
    changed = await counter_codes.change(deps, caller.actor, code_id, request.changes())
    return CounterCodeView.of(changed)
