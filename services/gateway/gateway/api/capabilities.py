"""GET /v1/capabilities."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.web import answer
from contracts.api import Capabilities
from contracts.codes import Code
from gateway.api.openapi import problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf
from gateway.flows.capabilities import capabilities_of

router = APIRouter(prefix="/v1", route_class=AppRoute, tags=["payments"])


@router.get(
    "/capabilities",
    response_model=Capabilities,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def get_capabilities(
    merchant_id: Annotated[str, Query(description="One of your merchants")],
    caller: CallerOf,
    deps: DepsOf,
) -> Response:
    """The merchant's channel accounts, their methods, what each needs to know of the payer, and
    which `action` comes back."""
    return answer(capabilities_of(deps, caller.app, merchant_id))
