"""/v1/splits."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis.web import answer
from contracts.api import CreateSplit, SplitView
from contracts.codes import Code
from gateway.api.openapi import BODY_PROBLEMS, body_of, problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf, created
from gateway.flows import splits

router = APIRouter(prefix="/v1", route_class=AppRoute, tags=["splits"])


@router.post(
    "/splits",
    status_code=201,
    response_model=SplitView,
    openapi_extra=body_of(CreateSplit),
    responses={
        200: {"model": SplitView, "description": "This merchant_split_no is known: its split"},
        **problems(
            *BODY_PROBLEMS,
            Code.NOT_FOUND,
            Code.METHOD_NOT_SUPPORTED,
            Code.PAYMENT_NOT_REFUNDABLE,
            Code.SPLIT_EXCEEDS_PAID,
            Code.REFUND_MISMATCH,
        ),
    },
)
async def create_split(caller: CallerOf, deps: DepsOf) -> Response:
    """Divide what was paid among receivers (分账).

    The amounts are reserved at once and the split is `processing`; its result comes by callback.
    What exceeds the payment less its refunds and its other splits is refused, and so is what comes
    after a split with `finish`. Unpaid: 409 `payment_not_refundable`; a known number with other
    content: 409 `refund_mismatch`.
    """
    opened = await splits.create(deps, caller.app, caller.request(CreateSplit))
    return created(opened.split, is_repeat=not opened.created)


@router.get(
    "/splits/{split_no}",
    response_model=SplitView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def get_split(
    split_no: Annotated[str, Path(description="Our number of the split, `S…`")],
    caller: CallerOf,
    deps: DepsOf,
) -> Response:
    """One split."""
    return answer(await splits.get(deps, caller.app, split_no))
