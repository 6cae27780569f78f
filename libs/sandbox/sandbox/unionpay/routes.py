"""Where UnionPay listens: the gateway's paths and the file host, in life two hosts.

Source: open.unionpay.com (acpAPIId=901)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answering import Call, Done, answer
from sandbox.deps import Deps
from sandbox.faults import Hit, Operation
from sandbox.transport import HangUp
from sandbox.unionpay import cashier, orders, refunds, statements, wire
from sandbox.unionpay.account import CHANNEL, KIND
from sandbox.unionpay.wire import BAD_SIGN, FAILURES, Asked, Refusal, read_form, refuse, verify


@dataclass(frozen=True, slots=True)
class Method:
    """Which operation it is to faults, and what it does."""

    operation: Operation
    work: Callable[[Deps, Asked, Hit], Done]


APP = Method("pay", orders.create_app)
PAY = Method("pay", orders.create)
REVERSE = Method("close", refunds.reverse)
REFUND = Method("refund", refunds.create)
UNDO = Method("refund", refunds.undo)
QUERY = Method("query", orders.query)
QUERY_REFUND = Method("query_refund", orders.query)
STATEMENT = Method("bill", statements.fetch)

_BACK_TRANSACTIONS = {
    wire.PAYMENT: PAY,
    wire.REFUND: REFUND,
    wire.UNDO: UNDO,
    wire.REVERSAL: REVERSE,
}


def routes(deps: Deps) -> list[Route]:
    paths: dict[str, Callable[[Deps, Asked], Method]] = {
        "/gateway/api/appTransReq.do": lambda *_: APP,
        "/gateway/api/backTransReq.do": _of_back_transaction,
        "/gateway/api/queryTrans.do": _of_query,
        "/unionpay-files/": lambda *_: STATEMENT,
    }
    return [
        Route(path, partial(_serve, choose, deps), methods=["POST"])
        for path, choose in paths.items()
    ] + cashier.routes(deps)


async def _serve(
    choose: Callable[[Deps, Asked], Method], deps: Deps, request: Request
) -> Response | HangUp:
    account = None
    try:
        fields = await read_form(request)
        account = deps.accounts(KIND).find(fields.get("merId", ""))
        asked = verify(deps, fields)
        method = choose(deps, asked)
        number = _payment_no(deps, method, asked)
        call = Call(CHANNEL, method.operation, number, FAILURES)
        return await answer(deps, call, partial(method.work, deps, asked))
    except Refusal as refusal:
        # UnionPay does not sign what it says to somebody whose signature is wrong.
        return refuse(None if refusal.code == BAD_SIGN else account, refusal)


def _of_back_transaction(deps: Deps, asked: Asked) -> Method:
    method = _BACK_TRANSACTIONS.get(asked.fields.get("txnType", ""))
    if method is None:
        raise Refusal(wire.BAD_FORM, "报文格式错误[txnType]")
    return method


def _of_query(deps: Deps, asked: Asked) -> Method:
    if asked.fields.get("txnType") != wire.QUERY:
        raise Refusal(wire.BAD_FORM, "报文格式错误[txnType]")
    number = asked.fields.get("orderId", "")
    refund = deps.truth.find_refund(CHANNEL, asked.account.mer_id, number)
    return QUERY if refund is None else QUERY_REFUND


def _payment_no(deps: Deps, method: Method, asked: Asked) -> str:
    """The number faults are filtered by: that of the payment concerned."""
    number = asked.fields.get("orderId", "")
    if method in (REFUND, UNDO):
        original = refunds.find_original(deps, asked)
        return original.payment_no if original else ""
    if method is QUERY_REFUND:
        refund = deps.truth.find_refund(CHANNEL, asked.account.mer_id, number)
        return deps.truth.get_trade(refund.trade_id).payment_no if refund else ""
    return number
