"""Callbacks as the notifier knows them: why one did not arrive, send again, resume an address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from contracts.identifiers import is_id
from contracts.internal import (
    AlertTest,
    DeliveryView,
    EndpointPage,
    EndpointView,
    FoundDeliveryPage,
    ReplayRequest,
    ReplayView,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import apps
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps


async def find(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> FoundDeliveryPage:
    """Deliveries of apps with their attempts, newest first. Raises NoSuch, Forwarded."""
    await _require_app(deps, scope, filters.get("app_id"))
    return await deps.notifier.get(FoundDeliveryPage, "/internal/all-deliveries", filters)


async def find_endpoints(deps: Deps, scope: Scope, filters: Mapping[str, Any]) -> EndpointPage:
    """The addresses that callbacks go to. Raises NoSuch, Forwarded."""
    await _require_app(deps, scope, filters.get("app_id"))
    return await deps.notifier.get(EndpointPage, "/internal/endpoints", filters)


async def resume(deps: Deps, actor: Actor, endpoint_id: str) -> EndpointView:
    """End the suspension of an address. Raises Forwarded."""
    call = AuditedCall("callback_address.resumed", endpoint_id, f"endpoints/{endpoint_id}/resume")
    return await call_audited(deps, deps.notifier, actor, EndpointView, call)


async def send_again(
    deps: Deps, actor: Actor, scope: Scope, app_id: str, event_id: str
) -> DeliveryView:
    """Send the callback of one event again, now. Raises NoSuch, Forwarded."""
    await _require_app(deps, scope, app_id)
    path = f"events/{quote(event_id, safe='')}/redeliver?{urlencode({'app_id': app_id})}"
    call = AuditedCall("callback.redelivered", event_id, path)
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


async def send_trial(deps: Deps, actor: Actor, merchant_id: str | None) -> AlertTest:
    """A trial message by every messenger: to the centre's people, or to a merchant's own.

    Raises Forwarded.
    """
    path = "alerts/test"
    if merchant_id:
        path += f"?{urlencode({'merchant_id': merchant_id})}"
    call = AuditedCall("alerts.tested", merchant_id or "alerts", path, timeout_s=30.0)
    return await call_audited(deps, deps.notifier, actor, AlertTest, call)


async def _require_app(deps: Deps, scope: Scope, app_id: str | None) -> None:
    """The notifier knows apps, not whose people may look at them. Raises NoSuch."""
    if scope.is_all:
        return
    if app_id is None or not is_id("app", app_id):
        raise NoSuch("app")
    await apps.read(deps, app_id, scope)
