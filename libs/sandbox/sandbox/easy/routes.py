"""Where 易生 listens: the cashier's paths and the ledger's, in life two hosts.

Source: apifox.com/apidoc/docs-site/2466304
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answering import Call, Done, answer
from sandbox.deps import Deps
from sandbox.easy import cashier, orders, portal, refunds
from sandbox.easy.account import CHANNEL
from sandbox.easy.direct import routes as direct
from sandbox.easy.wire import (
    FAILED,
    FAILURES,
    Asked,
    Refusal,
    find_account,
    read_envelope,
    refuse,
    refuse_unsigned,
    verify,
)
from sandbox.faults import Hit, Operation
from sandbox.transport import HangUp


@dataclass(frozen=True, slots=True)
class Method:
    """One address: which operation it is to faults, and what it does."""

    operation: Operation
    work: Callable[[Deps, Asked, Hit], Done]


METHODS = {
    "/cashier/apply/advancePay": Method("pay", orders.create_h5),
    "/cashier/apply/advancePaySpecial": Method("pay", orders.create_h5),
    "/cashier/sAppApply/advancePay": Method("pay", orders.create_mini),
    "/cashier/sAppApply/advancePaySpecial": Method("pay", orders.create_mini),
    "/cashier/trade/query": Method("query", orders.query),
    "/ledger/mposrefund": Method("refund", refunds.create),
    "/ledger/mposrefundquery": Method("query_refund", refunds.query),
}


def routes(deps: Deps) -> list[Route]:
    return [
        Route(path, partial(_serve, method, deps), methods=["POST"])
        for path, method in METHODS.items()
    ] + [*cashier.routes(deps), *direct.routes(deps), *portal.routes(deps)]


async def _serve(method: Method, deps: Deps, request: Request) -> Response | HangUp:
    try:
        envelope = await read_envelope(request)
        account = find_account(deps, envelope)
        if account is None:
            raise Refusal(FAILED, "商户不存在")
    except Refusal as refusal:
        return refuse_unsigned(refusal)
    try:
        asked = verify(account, envelope)
        call = Call(CHANNEL, method.operation, _payment_no(deps, method, asked), FAILURES)
        return await answer(deps, call, partial(method.work, deps, asked))
    except Refusal as refusal:
        return refuse(account, envelope, refusal)


def _payment_no(deps: Deps, method: Method, asked: Asked) -> str:
    """The number faults are filtered by: orgInfo of the payment concerned."""
    truth, merchant = deps.truth, asked.account.mer_code
    original = asked.text("oriOrgTrace", 28)
    if method.operation == "pay":
        return asked.info
    if method.operation == "query_refund":
        refund = truth.find_refund(CHANNEL, merchant, original)
        return truth.get_trade(refund.trade_id).payment_no if refund else ""
    trade = truth.find_trade(CHANNEL, merchant, original)
    return trade.payment_no if trade else ""
