"""Callbacks as the notifier knows them: why one did not arrive, send again, resume an address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

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
from merchant_admin.flows.audited_call import AuditedCall, call_audited
from merchant_admin.flows.deps import Deps


async def find(deps: Deps, filters: Mapping[str, Any]) -> FoundDeliveryPage:
    """Deliveries of all apps with their attempts, newest first. Raises Forwarded."""
    answer = await deps.notifier.call("GET", "/internal/all-deliveries", params=filters)
    return FoundDeliveryPage.model_validate(answer)


async def find_endpoints(deps: Deps, filters: Mapping[str, Any]) -> EndpointPage:
    """The addresses that callbacks go to. Raises Forwarded."""
    answer = await deps.notifier.call("GET", "/internal/endpoints", params=filters)
    return EndpointPage.model_validate(answer)


async def resume(deps: Deps, actor: Actor, endpoint_id: str) -> EndpointView:
    """End the suspension of an address. Raises Forwarded."""
    call = AuditedCall("callback_address.resumed", endpoint_id, f"endpoints/{endpoint_id}/resume")
    return EndpointView.model_validate(await call_audited(deps, deps.notifier, actor, call))


async def send_again(deps: Deps, actor: Actor, app_id: str, event_id: str) -> DeliveryView:
    """Send the callback of one event again, now. Raises Forwarded."""
    path = f"events/{quote(event_id, safe='')}/redeliver?{urlencode({'app_id': app_id})}"
    call = AuditedCall("callback.redelivered", event_id, path)
    return DeliveryView.model_validate(await call_audited(deps, deps.notifier, actor, call))


async def replay(deps: Deps, actor: Actor, request: ReplayRequest) -> ReplayView:
    """Send many callbacks of an app again. Raises Forwarded."""
    call = AuditedCall(
        "callbacks.replayed", request.app_id, "replays", request.model_dump(mode="json")
    )
    return ReplayView.model_validate(await call_audited(deps, deps.notifier, actor, call))


async def read_replay(deps: Deps, replay_id: str) -> ReplayView:
    """How far a replay is. Raises Forwarded."""
    answer = await deps.notifier.call("GET", f"/internal/replays/{replay_id}")
    return ReplayView.model_validate(answer)


async def send_trial(deps: Deps, actor: Actor, merchant_id: str | None) -> AlertTest:
    """A trial message by every messenger: to the centre's people, or to a merchant's own.

    Raises Forwarded.
    """
    path = f"alerts/test?merchant_id={merchant_id}" if merchant_id else "alerts/test"
    call = AuditedCall("alerts.tested", merchant_id or "alerts", path, timeout_s=30.0)
    return AlertTest.model_validate(await call_audited(deps, deps.notifier, actor, call))
