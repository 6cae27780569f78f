"""`/api/apps`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from merchant_admin.api.access import Admin, DepsOf, FreshAdmin, Viewer
from merchant_admin.api.app_bodies import ChangeApp, CreateApp
from merchant_admin.api.approvals import WAITS_SHOWN
from merchant_admin.api.bodies import body
from merchant_admin.api.ids import AppId
from merchant_admin.api.list_queries import AppParameters
from merchant_admin.api.paging import Page, id_after, page_of
from merchant_admin.api.views import AppView, ShownAppView
from merchant_admin.flows import apps

router = APIRouter(prefix="/api/apps")


@router.post("", status_code=201)
async def create(
    deps: DepsOf, caller: Admin, request: Annotated[CreateApp, Depends(body(CreateApp))]
) -> ShownAppView:
    """`webhook_secret`, with which callbacks are signed, is shown here and never again."""
    given = request.callback_client_certificate
    shown = await apps.create(
        deps, caller.actor, request.terms(), certificate=given.certificate() if given else None
    )
    return ShownAppView.shown(shown)


@router.get("")
async def list_page(
    deps: DepsOf, caller: Viewer, query: Annotated[AppParameters, Query()]
) -> Page[AppView]:
    """The newest first."""
    found = await apps.read_page(
        deps,
        query.query(caller.scope),
        after=id_after("app", query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=AppView.of, place=lambda item: item.app_id)


@router.get("/{app_id}")
async def read(deps: DepsOf, caller: Viewer, app_id: AppId) -> AppView:
    return AppView.of(await apps.read(deps, app_id, caller.scope))


@router.patch("/{app_id}", responses=WAITS_SHOWN)
async def change(
    deps: DepsOf,
    caller: FreshAdmin,
    app_id: AppId,
    request: Annotated[ChangeApp, Depends(body(ChangeApp))],
) -> ShownAppView:
    shown = await apps.change(
        deps,
        caller.actor,
        app_id,
        rotate_secret=request.rotate_webhook_secret,
        state=request.changes().get("state"),
        certificate=request.new_certificate(),
        terms=request.terms(),
    )
    return ShownAppView.shown(shown)
