"""/v1/payment-links."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from chassis.web import answer
from contracts.api import CreatePaymentLink, PaymentLinkView
from contracts.codes import Code
from gateway.api.openapi import BODY_PROBLEMS, body_of, problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf, created
from gateway.flows import payment_links

router = APIRouter(prefix="/v1", route_class=AppRoute, tags=["payment links"])

LinkId = Annotated[str, Path(description="Our number of the link, `L…`")]


@router.post(
    "/payment-links",
    status_code=201,
    response_model=PaymentLinkView,
    openapi_extra=body_of(CreatePaymentLink),
    responses={
        200: {"model": PaymentLinkView, "description": "This merchant_order_no has a link: it"},
        **problems(*BODY_PROBLEMS, Code.NOT_FOUND, Code.REFUND_MISMATCH),
    },
)
async def create_payment_link(caller: CallerOf, deps: DepsOf) -> Response:
    """Make an address at which a payer pays by themselves.

    Send `url` to the payer. With `uses` 1 whoever opens it pays one and the same order, with null
    each payer an order of their own. The orders are yours, and are told by callback as any other.
    A `merchant_order_no` that has a link with other content, or an order of another amount: 409
    `refund_mismatch`.
    """
    request = caller.request(CreatePaymentLink)
    signed_as = f"{caller.signed_as} {caller.signed_at.timestamp():.0f}"
    link, is_new = await payment_links.create(deps, caller.app, request, signed_as=signed_as)
    return created(link, is_repeat=not is_new)


@router.get(
    "/payment-links/{link_id}",
    response_model=PaymentLinkView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def get_payment_link(link_id: LinkId, caller: CallerOf, deps: DepsOf) -> Response:
    """One payment link, with the payment that its order has now."""
    return answer(await payment_links.get(deps, caller.app, link_id))


@router.delete(
    "/payment-links/{link_id}",
    response_model=PaymentLinkView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def disable_payment_link(link_id: LinkId, caller: CallerOf, deps: DepsOf) -> Response:
    """Disable it: nothing is begun there any more. An order that was opened stays payable until it
    ends or is closed. Repeating it changes nothing."""
    return answer(await payment_links.disable(deps, caller.app, link_id))
