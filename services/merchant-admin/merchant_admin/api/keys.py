"""`/api/apps/{app_id}/keys`."""

from typing import Annotated

from fastapi import APIRouter, Depends

from merchant_admin.api.access import DepsOf, FreshAdmin, Viewer
from merchant_admin.api.approvals import WAITS, WAITS_SHOWN
from merchant_admin.api.bodies import ChangeKey, CreateKey, body
from merchant_admin.api.ids import AppId, KeyId
from merchant_admin.api.paging import DEFAULT_LIMIT, After, Limit, Page, id_after, page_of
from merchant_admin.api.views import KeyView, ShownKeyView
from merchant_admin.flows import keys

router = APIRouter(prefix="/api/apps/{app_id}/keys")


@router.post("", status_code=201, responses=WAITS_SHOWN)
async def create(
    deps: DepsOf,
    caller: FreshAdmin,
    app_id: AppId,
    request: Annotated[CreateKey, Depends(body(CreateKey))],
) -> ShownKeyView:
    """`secret` (HMAC-SHA256) is shown here and never again."""
    shown = await keys.create(
        deps,
        caller.actor,
        app_id,
        alg=request.alg,
        public_key=request.public_key,
        certificate=request.certificate,
    )
    return ShownKeyView.shown(shown)


@router.get("")
async def list_page(
    deps: DepsOf, caller: Viewer, app_id: AppId, after: After = None, limit: Limit = DEFAULT_LIMIT
) -> Page[KeyView]:
    found = await keys.read_page(
        deps, app_id, caller.scope, after=id_after("key", after), limit=limit + 1
    )
    return page_of(found, limit, view=KeyView.of, place=lambda item: item.key_id)


@router.get("/{key_id}")
async def read(deps: DepsOf, caller: Viewer, app_id: AppId, key_id: KeyId) -> KeyView:
    return KeyView.of(await keys.read(deps, app_id, key_id, caller.scope))


@router.patch("/{key_id}", responses=WAITS)
async def change(
    deps: DepsOf,
    caller: FreshAdmin,
    app_id: AppId,
    key_id: KeyId,
    request: Annotated[ChangeKey, Depends(body(ChangeKey))],
) -> KeyView:
    state = request.changes().get("state")
    return KeyView.of(await keys.change(deps, caller.actor, app_id, key_id, state=state))


@router.delete("/{key_id}", status_code=204)
async def delete(deps: DepsOf, caller: FreshAdmin, app_id: AppId, key_id: KeyId) -> None:
    """From now on nothing that it signs is accepted."""
    await keys.delete(deps, caller.actor, app_id, key_id)
