"""Payments and orders: opened, read, placed at a channel, decided about, closed."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from chassis.web import DirectRoute, read_message
from contracts.api import OrderView
from contracts.internal import (
    CheckoutOnFile,
    ChooseChannel,
    ChosenChannel,
    CloseOrderFor,
    DecidePayment,
    OpenPayment,
    PaymentOnFile,
)
from trade_core.api.dependencies import (
    BY_ADMIN,
    BY_BOTH,
    BY_GATEWAY,
    MAX_REQUEST_BYTES,
    DepsOf,
    deps_of,
)
from trade_core.domain import views
from trade_core.domain.opening import Choice, PaymentRequest
from trade_core.domain.order import OrderKey
from trade_core.flows import choose_channel, close_order, decide, open_payment, read


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.add_api_route(
        "/payments",
        post_payment,
        methods=["POST"],
        dependencies=BY_GATEWAY,
        route_class_override=DirectRoute,
    )
    routes.get("/payments/{payment_no}", dependencies=BY_BOTH)(get_payment)
    routes.get("/payments/{payment_no}/checkout", dependencies=BY_GATEWAY)(get_checkout)
    routes.post("/payments/{payment_no}/channel", dependencies=BY_GATEWAY)(post_channel)
    routes.post("/payments/{payment_no}/decision", dependencies=BY_ADMIN)(post_payment_decision)
    routes.get("/orders/{merchant_order_no}", dependencies=BY_BOTH)(get_order)
    routes.post("/orders/{merchant_order_no}/close", dependencies=BY_GATEWAY)(post_close)


async def post_payment(request: Request) -> Response:
    """201 for a new payment, 200 for a repeat of the same request."""
    opening = await read_message(request, OpenPayment, limit_bytes=MAX_REQUEST_BYTES)
    window = timedelta(seconds=opening.reinitiate_after_s)
    asked = PaymentRequest(
        opening.app_id, opening.request, opening.channel, window, opening.signed_at
    )
    return opened_answer(await open_payment.open_payment(await deps_of(request), asked))


async def get_payment(payment_no: str, deps: DepsOf, app_id: str | None = None) -> PaymentOnFile:
    return await read.get_payment(deps, payment_no, app_id)


async def get_checkout(payment_no: str, deps: DepsOf) -> CheckoutOnFile:
    return await read.get_checkout(deps, payment_no)


async def post_channel(payment_no: str, request: ChooseChannel, deps: DepsOf) -> ChosenChannel:
    """The payer's choice on our page."""
    choice = Choice(request.payment_id, request.channel, request.method, request.anew)
    order, chosen = await choose_channel.choose_channel(deps, payment_no, choice)
    former = chosen.close_first
    return ChosenChannel(
        payment=views.payment_view(order, chosen.payment),
        close_first=None if former is None else views.payment_ref(order, former),
        initiate=chosen.initiate,
        initiated_at=chosen.payment.initiated_at,
    )


async def post_payment_decision(
    payment_no: str, request: DecidePayment, deps: DepsOf
) -> PaymentOnFile:
    """A person ends a conflict; the same decision again changes nothing."""
    await decide.decide_payment(deps, payment_no, request)
    return await read.get_payment(deps, payment_no, None)


async def get_order(
    merchant_order_no: str, app_id: str, merchant_id: str, deps: DepsOf
) -> OrderView:
    return await read.get_order(deps, OrderKey(app_id, merchant_id, merchant_order_no))


async def post_close(merchant_order_no: str, request: CloseOrderFor, deps: DepsOf) -> OrderView:
    """Close the order; closing a closed one changes nothing."""
    key = OrderKey(request.app_id, request.merchant_id, merchant_order_no)
    await close_order.close_order(deps, key)
    return await read.get_order(deps, key)


def opened_answer(opened: open_payment.Opened) -> Response:
    """201 for a new payment, 200 for one that is there."""
    content = views.opened_payment(opened.order, opened.payment, created=opened.created)
    return Response(content, 201 if opened.created else 200, media_type="application/json")
