"""Payment links: made, read, disabled, and begun at by payers; counter codes: begun at."""

from fastapi import APIRouter, Response

from chassis.web import answer
from contracts.internal import LinkOnFile, OpenedLink, OpenLink, PayAtCode, PayAtLink
from trade_core.api.dependencies import BY_GATEWAY, DepsOf
from trade_core.api.payments import opened_answer
from trade_core.flows import counter_codes, payment_links


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.post("/payment-links", dependencies=BY_GATEWAY)(post_link)
    routes.get("/payment-links/{link_id}", dependencies=BY_GATEWAY)(get_link)
    routes.post("/payment-links/{link_id}/disable", dependencies=BY_GATEWAY)(post_disable_link)
    routes.post("/payment-links/{link_id}/payments", dependencies=BY_GATEWAY)(post_at_link)
    routes.post("/counter-codes/{code_id}/payments", dependencies=BY_GATEWAY)(post_at_code)


async def post_link(opening: OpenLink, deps: DepsOf) -> Response:
    """201 for a new payment link, 200 for a repeat."""
    made = await payment_links.create(
        deps, opening.app_id, opening.request, signed_as=opening.signed_as
    )
    opened = OpenedLink(created=made.created, link=made.link)
    return answer(opened, 201 if made.created else 200)


async def get_link(link_id: str, deps: DepsOf, app_id: str | None = None) -> LinkOnFile:
    return await payment_links.get(deps, link_id, app_id)


async def post_disable_link(link_id: str, app_id: str, deps: DepsOf) -> LinkOnFile:
    return await payment_links.disable(deps, link_id, app_id)


async def post_at_link(link_id: str, request: PayAtLink, deps: DepsOf) -> Response:
    """A payer begins there: 201 for a new order, 200 for the one that is there."""
    return opened_answer(await payment_links.pay(deps, link_id, request))


async def post_at_code(code_id: str, request: PayAtCode, deps: DepsOf) -> Response:
    """A payer begins at a counter code."""
    return opened_answer(await counter_codes.pay(deps, code_id, request))
