"""Callbacks as the notifier knows them: why one did not arrive, send again, resume an address."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from contracts.identifiers import is_id
from contracts.internal import (
    DeliveryView,
    EndpointPage,
    EndpointView,
    FoundDeliveryPage,
    Redeliver,
    ReplayRequest,
    ReplayView,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import apps
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps

ALL: Final = "/internal/all-deliveries"


async def find(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> FoundDeliveryPage:
    """Deliveries with their attempts, newest first; of an app that works for others too only what
    is about a merchant of the scope. Raises Forwarded."""
    wanted = dict(filters)
    if scope.parameter is not None:
        wanted["merchant_ids"] = ",".join(scope.parameter)
    page = await deps.notifier.get(FoundDeliveryPage, ALL, wanted)
    return page if scope.is_all else _within(page, scope)


async def find_endpoints(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> EndpointPage:
    """The addresses that callbacks go to: of one app, or of all that work for no merchant outside
    the scope. Raises NoSuch, Forwarded."""
    wanted = dict(filters)
    if wanted.get("app_id"):
        await _require_app(deps, scope, wanted["app_id"])
    elif not scope.is_all:
        wanted["app_ids"] = ",".join(await apps.read_ids(deps, scope))
    return await deps.notifier.get(EndpointPage, "/internal/endpoints", wanted)


async def resume(deps: Deps, actor: Actor, endpoint_id: str) -> EndpointView:
    """End the suspension of an address. Raises Forwarded."""
    call = AuditedCall("callback_address.resumed", endpoint_id, f"endpoints/{endpoint_id}/resume")
    return await call_audited(deps, deps.notifier, actor, EndpointView, call)


async def send_again(
    deps: Deps, actor: Actor, scope: Scope, app_id: str, event_id: str
) -> DeliveryView:
    """Send the callback of one event again, now. Raises NoSuch, Forwarded."""
    body = None
    if not scope.is_all:
        found = await find(deps, scope, {"app_id": app_id, "event_id": event_id, "limit": 1})
        if not found.items:
            raise NoSuch("callback")
        body = Redeliver(merchant_ids=scope.parameter)
    path = f"events/{quote(event_id, safe='')}/redeliver?{urlencode({'app_id': app_id})}"
    call = AuditedCall("callback.redelivered", event_id, path, body)
    return await call_audited(deps, deps.notifier, actor, DeliveryView, call)


async def replay(deps: Deps, actor: Actor, scope: Scope, request: ReplayRequest) -> ReplayView:
    """Send many callbacks of an app again. Raises NoSuch, Forwarded."""
    await _require_app(deps, scope, request.app_id)
    call = AuditedCall("callbacks.replayed", request.app_id, "replays", request)
    return await call_audited(deps, deps.notifier, actor, ReplayView, call)


async def read_replay(deps: Deps, scope: Scope, replay_id: str) -> ReplayView:
    """How far a replay is. Raises NoSuch, Forwarded."""
    found = await deps.notifier.get(ReplayView, f"/internal/replays/{replay_id}")
    await _require_app(deps, scope, found.app_id)
    return found


def _within(page: FoundDeliveryPage, scope: Scope) -> FoundDeliveryPage:
    """What stands behind the `?` of an address is between the app and the centre."""
    items = [
        item.model_copy(update={"url": item.url.partition("?")[0]})
        for item in page.items
        if item.merchant_id is not None and scope.has(item.merchant_id)
    ]
    return page.model_copy(update={"items": items})


async def _require_app(deps: Deps, scope: Scope, app_id: str | None) -> None:
    """The notifier knows apps, not whose people may look at them. Raises NoSuch."""
    if scope.is_all:
        return
    if app_id is None or not is_id("app", app_id):
        raise NoSuch("app")
    await apps.read(deps, app_id, scope)
