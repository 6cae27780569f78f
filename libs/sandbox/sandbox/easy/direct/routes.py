"""Where 易企通 2.0 listens, and the page behind its codes.

Source: s.apifox.cn/9758ecc8
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answering import Call, Done, answer
from sandbox.deps import Deps
from sandbox.easy.account import CHANNEL
from sandbox.easy.direct import orders, refunds
from sandbox.easy.direct.wire import (
    FAILURES,
    REFUSED,
    Asked,
    Refusal,
    find_account,
    read_message,
    refuse,
    refuse_unsigned,
    verify,
)
from sandbox.faults import Hit, Operation
from sandbox.pages import counter
from sandbox.transport import HangUp
from sandbox.truth import Trade

BASE = "/yqt"


@dataclass(frozen=True, slots=True)
class Method:
    """One address: which operation it is to faults, and what it does."""

    operation: Operation
    work: Callable[[Deps, Asked, Hit], Done]


METHODS = {
    "/trade/native": Method("pay", orders.create_native),
    "/trade/jsapi": Method("pay", orders.create_jsapi),
    "/trade/tradeQuery": Method("query", orders.query),
    "/trade/refund/apply": Method("refund", refunds.create),
}


def routes(deps: Deps) -> list[Route]:
    return [
        Route(BASE + path, partial(_serve, method, deps), methods=["POST"])
        for path, method in METHODS.items()
    ] + [Route(orders.PAGE, partial(_page, deps), methods=["GET", "POST"])]


async def _serve(method: Method, deps: Deps, request: Request) -> Response | HangUp:
    try:
        message = await read_message(request)
        account = find_account(deps, message)
        if account is None:
            raise Refusal(REFUSED, "商户不存在", is_of_message=True)
    except Refusal as refusal:
        return refuse_unsigned(refusal)
    try:
        asked = verify(account, message)
        operation, payment_no = _concerned(deps, method, asked)
        call = Call(CHANNEL, operation, payment_no, FAILURES)
        return await answer(deps, call, partial(method.work, deps, asked))
    except Refusal as refusal:
        return refuse(account, refusal)


def _concerned(deps: Deps, method: Method, asked: Asked) -> tuple[Operation, str]:
    """What faults are filtered by: one address asks about payments and refunds."""
    if method.operation == "pay":
        return "pay", asked.text("reqOrderInfo", "orgTrace", 32)
    original = asked.text("reqOrderInfo", "oriOrgTrace", 32)
    refund = deps.truth.find_refund(CHANNEL, asked.account.mer_code, original)
    if refund is None:
        return method.operation, original
    return "query_refund", deps.truth.get_trade(refund.trade_id).payment_no


async def _page(deps: Deps, request: Request) -> Response:
    """Where a scanned code leads, or the browser of a phone is sent."""
    trade = deps.truth.find_trade_by_token(request.query_params.get("t", ""))
    return await counter(deps, request, trade, _nowhere)


def _nowhere(trade: Trade, is_paid: bool) -> str:
    return ""
