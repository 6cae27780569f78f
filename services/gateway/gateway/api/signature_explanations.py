"""POST /v1/signature/explain, in sandboxes only: elsewhere the route does not exist."""

from fastapi import APIRouter, Request, Response

from chassis.web import answer, parse, read_json_object
from contracts.internal import ExplainSignature
from gateway.admission.explaining import explain
from gateway.api.signed_calls import require_configuration
from gateway.flows.deps import Deps

router = APIRouter(prefix="/v1", include_in_schema=False)

MAX_BODY_BYTES = 262_144
"""A body of 64 KiB twice, escaped."""


@router.post("/signature/explain")
async def explain_signature(request: Request) -> Response:
    """Which line of the signed text of a request differs."""
    deps: Deps = request.app.state.deps
    require_configuration(deps)
    _, content = await read_json_object(request, limit_bytes=MAX_BODY_BYTES)
    asked = parse(ExplainSignature, content)
    found = explain(deps.directory, asked, api_url=deps.addresses.public, now_s=deps.clock())
    return answer(found)
