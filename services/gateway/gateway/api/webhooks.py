"""/webhooks: third parties only."""

from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.web import DirectRoute, FairGate, read_body
from gateway.api.signed_calls import require_configuration
from gateway.channels.plugin import RawNotification
from gateway.flows import notification
from gateway.flows.deps import Deps

MAX_NOTIFICATION_BYTES: Final = 262_144
MAX_PARALLEL: Final = 512
"""Beyond it, or half of it for one account, the channel is asked to come again, so that a storm
cannot starve the apps, nor one account the others."""

router = APIRouter(route_class=DirectRoute)


@router.post("/webhooks/{channel}/{payment_id}", include_in_schema=False)
async def receive(request: Request) -> Response:
    """Acknowledged in the channel's own form, only after it is durable."""
    deps: Deps = request.app.state.deps
    gate: FairGate = request.app.state.notification_gate
    require_configuration(deps)
    channel, account_id = request.path_params["channel"], request.path_params["payment_id"]
    # Before anything is waited for.
    account = notification.account_of(deps, channel, account_id)
    body = await read_body(request, limit_bytes=MAX_NOTIFICATION_BYTES)
    with gate.place(account.account_id):
        raw = RawNotification(headers=dict(request.headers), body=body)
        outcome = await notification.receive(
            deps, notification.Notification(channel, account_id, raw)
        )
    return Response(outcome.body, outcome.status, media_type=outcome.media_type)
