"""易生's own cashier page, where `redirectUrl` leads.

Source: apifox.com/apidoc/docs-site/2466304, api-75893637
"""

from functools import partial

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.deps import Deps
from sandbox.easy.orders import CASHIER_PAGE
from sandbox.pages import counter
from sandbox.truth import Trade


def routes(deps: Deps) -> list[Route]:
    return [Route(CASHIER_PAGE, partial(_page, deps), methods=["GET", "POST"])]


async def _page(deps: Deps, request: Request) -> Response:
    token = _token(request.query_params.get("params", ""))
    return await counter(deps, request, deps.truth.find_trade_by_token(token), _way_back)


def _way_back(trade: Trade, is_paid: bool) -> str:
    return str(trade.details["front_url"])


def _token(params: str) -> str:
    try:
        content = orjson.loads(params)
    except orjson.JSONDecodeError:
        return ""
    return str(content.get("payToken", "")) if isinstance(content, dict) else ""
