"""Internal HTTP (`contracts.internal`): HTTP in, flow, HTTP out."""

from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import SecretStr

from chassis.problems import NotFound
from chassis.web import require_service_token
from contracts.api import EventPage, OrderView, RefundView
from contracts.internal import (
    ChooseChannel,
    ChosenChannel,
    CloseOrderFor,
    OpenedPayment,
    OpenedRefund,
    OpenPayment,
    OpenRefund,
    PaymentOnFile,
)
from trade_core.domain import views
from trade_core.domain.opening import Choice, Wish
from trade_core.domain.order import OrderKey
from trade_core.flows import choose_channel, close_order, open_payment, open_refund, read
from trade_core.flows.deps import Deps


async def _deps(request: Request) -> Deps:
    return cast(Deps, request.app.state.deps)


DepsOfApp = Annotated[Deps, Depends(_deps)]
Limit = Annotated[int, Query(ge=1, le=100)]


def router(token: SecretStr) -> APIRouter:
    """All routes ask for the service token."""
    guards = [Depends(require_service_token(token)), Depends(_without_nul)]
    routes = APIRouter(prefix="/internal", dependencies=guards)
    routes.post("/payments")(post_payment)
    routes.get("/payments/{payment_no}")(get_payment)
    routes.post("/payments/{payment_no}/channel")(post_channel)
    routes.get("/orders/{merchant_order_no}")(get_order)
    routes.post("/orders/{merchant_order_no}/close")(post_close)
    routes.post("/refunds")(post_refund)
    routes.get("/refunds/{refund_no}")(get_refund)
    routes.get("/refunds")(get_refund_by_number)
    routes.get("/events")(list_events)
    return routes


async def post_payment(body: OpenPayment, deps: DepsOfApp) -> Response:
    """201 for a new payment, 200 for a repeat of the same wish."""
    window = timedelta(seconds=body.reinitiate_after_s)
    opened = await open_payment.open_payment(
        deps, Wish(body.app_id, body.wish, body.channel, window)
    )
    answer = OpenedPayment(
        created=opened.created,
        payment=views.payment_view(opened.order, opened.payment),
        order=views.order_summary(opened.order),
    )
    return _json(answer, 201 if opened.created else 200)


async def get_payment(payment_no: str, deps: DepsOfApp, app_id: str | None = None) -> PaymentOnFile:
    return await read.get_payment(deps, payment_no, app_id)


async def post_channel(payment_no: str, body: ChooseChannel, deps: DepsOfApp) -> ChosenChannel:
    """The payer's choice on our page."""
    choice = Choice(body.payment_id, body.channel, body.method)
    order, chosen = await choose_channel.choose_channel(deps, payment_no, choice)
    former = chosen.close_first
    return ChosenChannel(
        payment=views.payment_view(order, chosen.payment),
        close_first=None if former is None else views.payment_ref(order, former),
        initiate=chosen.initiate,
    )


async def get_order(
    merchant_order_no: str, app_id: str, merchant_id: str, deps: DepsOfApp
) -> OrderView:
    return await read.get_order(deps, OrderKey(app_id, merchant_id, merchant_order_no))


async def post_close(merchant_order_no: str, body: CloseOrderFor, deps: DepsOfApp) -> OrderView:
    """Close the order; closing a closed one changes nothing."""
    key = OrderKey(body.app_id, body.merchant_id, merchant_order_no)
    await close_order.close_order(deps, key)
    return await read.get_order(deps, key)


async def post_refund(body: OpenRefund, deps: DepsOfApp) -> Response:
    """201 for a new refund, 200 for a repeat."""
    opened = await open_refund.open_refund(deps, body.app_id, body.wish)
    view = views.refund_view(opened.order, opened.payment, opened.refund)
    answer = OpenedRefund(created=opened.created, refund=view)
    return _json(answer, 201 if opened.created else 200)


async def get_refund(refund_no: str, deps: DepsOfApp, app_id: str | None = None) -> RefundView:
    return await read.get_refund(deps, refund_no, app_id)


async def get_refund_by_number(
    app_id: str, merchant_id: str, merchant_refund_no: str, deps: DepsOfApp
) -> RefundView:
    return await read.get_refund_by_number(
        deps, app_id=app_id, merchant_id=merchant_id, merchant_refund_no=merchant_refund_no
    )


async def list_events(
    app_id: str, deps: DepsOfApp, after: str | None = None, limit: Limit = 100
) -> EventPage:
    """The app's events, to synchronise by pulling."""
    return await read.list_events(deps, app_id, after, limit)


async def _without_nul(request: Request) -> None:
    """No text of the database holds the character NUL, so there is nothing of such a name."""
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise NotFound("There is no such thing.")


def _json(answer: OpenedPayment | OpenedRefund, status: int) -> Response:
    return Response(answer.model_dump_json(), status, media_type="application/json")
