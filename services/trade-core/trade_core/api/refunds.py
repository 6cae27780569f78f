"""Refunds: opened, read, decided about."""

from fastapi import APIRouter, Response

from chassis.web import answer
from contracts.api import RefundView
from contracts.internal import DecideRefund, OpenedRefund, OpenRefund, RefundOnFile
from trade_core.api.dependencies import BY_ADMIN, BY_BOTH, DepsOf
from trade_core.domain import views
from trade_core.flows import decide, open_refund, read


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.post("/refunds", dependencies=BY_BOTH)(post_refund)
    routes.get("/refunds/{refund_no}", dependencies=BY_BOTH)(get_refund)
    routes.get("/refunds", dependencies=BY_BOTH)(get_refund_by_number)
    routes.post("/refunds/{refund_no}/decision", dependencies=BY_ADMIN)(post_refund_decision)


async def post_refund(opening: OpenRefund, deps: DepsOf) -> Response:
    """201 for a new refund, 200 for a repeat."""
    opened = await open_refund.open_refund(deps, opening.app_id, opening.request)
    view = views.refund_view(opened.order, opened.payment, opened.refund)
    return answer(OpenedRefund(created=opened.created, refund=view), 201 if opened.created else 200)


async def get_refund(refund_no: str, deps: DepsOf, app_id: str | None = None) -> RefundOnFile:
    return await read.get_refund(deps, refund_no, app_id)


async def get_refund_by_number(
    app_id: str, merchant_id: str, merchant_refund_no: str, deps: DepsOf
) -> RefundView:
    return await read.get_refund_by_number(
        deps, app_id=app_id, merchant_id=merchant_id, merchant_refund_no=merchant_refund_no
    )


async def post_refund_decision(refund_no: str, request: DecideRefund, deps: DepsOf) -> RefundOnFile:
    """A person decides about an abnormal refund; the same decision again changes nothing."""
    await decide.decide_refund(deps, refund_no, request)
    return await read.get_refund(deps, refund_no, None)
