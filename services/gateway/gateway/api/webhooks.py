"""/webhooks: third parties only."""

from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.web import InFlightLimit, read_body
from gateway.api.admission import DepsOf, require_configuration
from gateway.channels.plugin import RawNotice
from gateway.flows import notice

MAX_NOTICE_BYTES: Final = 262_144
MAX_PARALLEL: Final = 256
"""Beyond it the channel is asked to come again, so that a storm cannot starve the apps."""

router = APIRouter()


@router.post("/webhooks/{channel}/{payment_id}", include_in_schema=False)
async def receive(channel: str, payment_id: str, request: Request, deps: DepsOf) -> Response:
    """Acknowledged in the channel's own form, only after it is durable."""
    gate: InFlightLimit = request.app.state.notice_gate
    with gate:
        require_configuration(deps)
        raw = RawNotice(
            headers=dict(request.headers),
            body=await read_body(request, limit_bytes=MAX_NOTICE_BYTES),
        )
        said = await notice.receive(deps, notice.Notice(channel, payment_id, raw))
    return Response(said.body, said.status, media_type=said.media_type)
