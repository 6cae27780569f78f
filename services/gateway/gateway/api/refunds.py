"""/v1/refunds."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis.web import answer
from contracts.api import CreateRefund, RefundView
from contracts.codes import Code
from gateway.api.openapi import BODY_PROBLEMS, body_of, problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf, created
from gateway.flows import refunds

router = APIRouter(prefix="/v1", route_class=AppRoute, tags=["refunds"])


@router.post(
    "/refunds",
    status_code=201,
    response_model=RefundView,
    openapi_extra=body_of(CreateRefund),
    responses={
        200: {"model": RefundView, "description": "This merchant_refund_no is known: its refund"},
        **problems(
            *BODY_PROBLEMS,
            Code.NOT_FOUND,
            Code.PAYMENT_NOT_REFUNDABLE,
            Code.REFUND_EXCEEDS_PAID,
            Code.REFUND_MISMATCH,
        ),
    },
)
async def create_refund(caller: CallerOf, deps: DepsOf) -> Response:
    """Give money back, in whole or in part.

    The amount is reserved at once and the refund is `processing`; its result comes by callback.
    """
    opened = await refunds.create(deps, caller.app, caller.request(CreateRefund))
    return created(opened.refund, is_repeat=not opened.created)


@router.get(
    "/refunds/{refund_no}",
    response_model=RefundView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def get_refund(
    refund_no: Annotated[str, Path(description="Our number of the refund, `R…`")],
    caller: CallerOf,
    deps: DepsOf,
) -> Response:
    """One refund."""
    return answer(await refunds.get(deps, caller.app, refund_no))
