"""`/api/merchants`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from merchant_admin.api.access import Admin, DepsOf, FreshAdmin, Viewer
from merchant_admin.api.approvals import WAITS
from merchant_admin.api.bodies import MAX_LOGO_BYTES, ChangeMerchant, CreateMerchant, body
from merchant_admin.api.ids import MerchantId
from merchant_admin.api.list_queries import MerchantParameters
from merchant_admin.api.paging import Page, id_after, page_of
from merchant_admin.api.views import MerchantView
from merchant_admin.flows import merchants

router = APIRouter(prefix="/api/merchants")


@router.post("", status_code=201)
async def create(
    deps: DepsOf, caller: Admin, request: Annotated[CreateMerchant, Depends(body(CreateMerchant))]
) -> MerchantView:
    route = request.alert_route.route() if request.alert_route else None
    merchant = await merchants.create(deps, caller.actor, name=request.name, alert_route=route)
    return MerchantView.of(merchant)


@router.get("")
async def list_page(
    deps: DepsOf, caller: Viewer, query: Annotated[MerchantParameters, Query()]
) -> Page[MerchantView]:
    """The newest first."""
    found = await merchants.read_page(
        deps,
        query.query(caller.scope),
        after=id_after("merchant", query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=MerchantView.of, place=lambda item: item.merchant_id)


@router.get("/{merchant_id}")
async def read(deps: DepsOf, caller: Viewer, merchant_id: MerchantId) -> MerchantView:
    return MerchantView.of(await merchants.read(deps, merchant_id, caller.scope))


@router.patch("/{merchant_id}", responses=WAITS)
async def change(
    deps: DepsOf,
    caller: FreshAdmin,
    merchant_id: MerchantId,
    request: Annotated[ChangeMerchant, Depends(body(ChangeMerchant, limit_bytes=MAX_LOGO_BYTES))],
) -> MerchantView:
    merchant = await merchants.change(
        deps, caller.actor, merchant_id, request.fields(), alert_route=request.new_alert_route()
    )
    return MerchantView.of(merchant)
