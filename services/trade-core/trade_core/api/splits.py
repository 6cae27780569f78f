"""Splits: opened and read."""

from fastapi import APIRouter, Response

from chassis.web import answer
from contracts.api import SplitView
from contracts.internal import OpenedSplit, OpenSplit
from trade_core.api.dependencies import BY_GATEWAY, DepsOf
from trade_core.domain import views
from trade_core.flows import open_split, read


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.post("/splits", dependencies=BY_GATEWAY)(post_split)
    routes.get("/splits/{split_no}", dependencies=BY_GATEWAY)(get_split)
    routes.get("/splits", dependencies=BY_GATEWAY)(get_split_by_number)


async def post_split(opening: OpenSplit, deps: DepsOf) -> Response:
    """201 for a new split, 200 for a repeat."""
    opened = await open_split.open_split(deps, opening.app_id, opening.request)
    view = views.split_view(opened.order, opened.payment, opened.split)
    return answer(OpenedSplit(created=opened.created, split=view), 201 if opened.created else 200)


async def get_split(split_no: str, deps: DepsOf, app_id: str | None = None) -> SplitView:
    return await read.get_split(deps, split_no, app_id)


async def get_split_by_number(
    app_id: str, merchant_id: str, merchant_split_no: str, deps: DepsOf
) -> SplitView:
    return await read.get_split_by_number(
        deps, app_id=app_id, merchant_id=merchant_id, merchant_split_no=merchant_split_no
    )
