"""/v1/payments and /v1/orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from chassis.web import answer
from contracts.api import CloseOrder, CreatePayment, OrderView, PaymentView, PaymentWithOrder
from contracts.codes import Code
from gateway.api.openapi import BODY_PROBLEMS, body_of, problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf, created
from gateway.flows import orders, pay

router = APIRouter(prefix="/v1", route_class=AppRoute)

PaymentNo = Annotated[str, Path(description="Our number of the payment, `P…`")]
OrderNo = Annotated[str, Path(description="Your number of the order")]
MerchantId = Annotated[str, Query(description="The merchant of the order")]


@router.post(
    "/payments",
    tags=["payments"],
    status_code=201,
    response_model=PaymentView,
    openapi_extra=body_of(CreatePayment),
    responses={
        200: {
            "model": PaymentView,
            "description": "Seen a moment ago: the payment as it is now, nothing was done anew",
        },
        **problems(
            *BODY_PROBLEMS,
            Code.METHOD_NOT_SUPPORTED,
            Code.NOT_FOUND,
            Code.CHANNEL_ACCOUNT_DISABLED,
            Code.TOO_SOON,
            Code.PAYMENT_CONFLICTED,
            Code.PAYMENT_IN_PROGRESS,
            Code.ORDER_PAID,
            Code.ORDER_CLOSED,
            Code.DECLINED,
            Code.NOT_SENT,
            Code.UNKNOWN,
        ),
    },
)
async def create_payment(caller: CallerOf, deps: DepsOf) -> Response:
    """Take money for an order.

    201 says that the *initiation* worked, and `action` how to call the payer; that the money came
    is told by callback. After 504 `unknown` query the payment, and never create another order for
    it. Where it stays `unknown`, or becomes `pending` with `action: null`, the same order once more
    is safe when 15 seconds (`reinitiate_after_s`) are over: its former attempt is closed. After 402
    `declined` and 502 `not_sent` another way may be tried when they are over: `Retry-After`.
    """
    request = caller.request(CreatePayment)
    outcome = await pay.create(deps, caller.app, request, signed_at=caller.signed_at)
    return created(outcome.payment, is_repeat=outcome.is_repeat)


@router.get(
    "/payments/{payment_no}",
    tags=["payments"],
    response_model=PaymentWithOrder,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def get_payment(payment_no: PaymentNo, caller: CallerOf, deps: DepsOf) -> Response:
    """One payment, with its order."""
    return answer(await orders.get_payment(deps, caller.app, payment_no))


@router.get(
    "/orders/{merchant_order_no}",
    tags=["orders"],
    response_model=OrderView,
    responses=problems(Code.NOT_FOUND, Code.INVALID_REQUEST),
)
async def get_order(
    merchant_order_no: OrderNo, merchant_id: MerchantId, caller: CallerOf, deps: DepsOf
) -> Response:
    """One order with all its payments and refunds."""
    return answer(await orders.get_order(deps, caller.app, merchant_order_no, merchant_id))


@router.post(
    "/orders/{merchant_order_no}/close",
    tags=["orders"],
    response_model=OrderView,
    openapi_extra=body_of(CloseOrder),
    responses=problems(*BODY_PROBLEMS, Code.NOT_FOUND, Code.ORDER_PAID),
)
async def close_order(merchant_order_no: OrderNo, caller: CallerOf, deps: DepsOf) -> Response:
    """Close what is unpaid, at the channel too; the order closes when the channel has."""
    request = caller.request(CloseOrder)
    return answer(await orders.close(deps, caller.app, merchant_order_no, request.merchant_id))
