"""An order with all that is known of it, for people."""

import structlog
from fastapi import APIRouter

from contracts.internal import CloseOrderById, OrderOnFile
from trade_core.api.dependencies import BY_ADMIN, DepsOf
from trade_core.flows import read_order

log = structlog.get_logger()


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.get("/orders-on-file/{order_id}", dependencies=BY_ADMIN)(get_order)
    routes.post("/orders-on-file/{order_id}/ask", dependencies=BY_ADMIN)(post_ask)
    routes.post("/orders-on-file/{order_id}/close", dependencies=BY_ADMIN)(post_close)


async def get_order(order_id: str, deps: DepsOf) -> OrderOnFile:
    return await read_order.read(deps, order_id)


async def post_ask(order_id: str, deps: DepsOf) -> OrderOnFile:
    """Have the channels asked now about whatever is open."""
    return await read_order.ask(deps, order_id)


async def post_close(order_id: str, request: CloseOrderById, deps: DepsOf) -> OrderOnFile:
    """A person closes the order, whose ever it is."""
    log.info("order.closed_by_person", order_id=order_id, closed_by=request.closed_by)
    return await read_order.close(deps, order_id)
