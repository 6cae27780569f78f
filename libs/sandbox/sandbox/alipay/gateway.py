"""Alipay's one address: `gateway.do`, where `method` says what is wanted.

Source: opendocs.alipay.com/open/00f7nu
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.alipay import (
    barcode,
    cashier,
    certificates,
    login,
    refunds,
    splits,
    statements,
    trades,
)
from sandbox.alipay.account import CHANNEL
from sandbox.alipay.wire import (
    FAILURES,
    Asked,
    Refusal,
    read_params,
    refuse_unsigned,
    respond,
    verify,
)
from sandbox.answering import Call, Done, answer
from sandbox.deps import Deps
from sandbox.faults import UNHARMED, Hit, Operation
from sandbox.transport import HangUp


@dataclass(frozen=True, slots=True)
class Method:
    """One API method: which operation it is to faults, and what it does."""

    operation: Operation
    work: Callable[[Deps, Asked, Hit], Done]


METHODS = {
    "alipay.trade.precreate": Method("pay", trades.precreate),
    "alipay.trade.create": Method("pay", trades.create),
    "alipay.trade.pay": Method("pay", barcode.pay),
    login.METHOD: Method("login", login.exchange),
    "alipay.trade.query": Method("query", trades.query),
    "alipay.trade.close": Method("close", trades.close),
    "alipay.trade.cancel": Method("close", trades.cancel),
    "alipay.trade.refund": Method("refund", refunds.create),
    "alipay.trade.fastpay.refund.query": Method("query_refund", refunds.query),
    "alipay.trade.order.settle": Method("split", splits.settle),
    "alipay.trade.order.settle.query": Method("query_split", splits.query),
    "alipay.trade.order.onsettle.query": Method("query_split", splits.unsettled),
    "alipay.trade.royalty.relation.bind": Method("split", splits.bind),
    "alipay.trade.royalty.relation.unbind": Method("split", splits.unbind),
    "alipay.data.dataservice.bill.downloadurl.query": Method("bill", statements.download_url),
    "alipay.open.app.alipaycert.download": Method("query", certificates.download),
}


async def gateway(deps: Deps, request: Request) -> Response | HangUp:
    """GET or POST /gateway.do; errors too are HTTP 200."""
    params = await read_params(request)
    is_page = params.get("method") in cashier.PRODUCTS
    try:
        asked = verify(deps, params)
    except Refusal as refusal:
        return cashier.error_page(deps, refusal) if is_page else refuse_unsigned(params, refusal)
    try:
        if is_page:
            return await cashier.open_cashier(deps, asked)
        return await _dispatch(deps, asked)
    except Refusal as refusal:
        return (
            cashier.error_page(deps, refusal) if is_page else respond(asked, refusal.node, UNHARMED)
        )


def routes(deps: Deps) -> list[Route]:
    return [
        Route("/gateway.do", partial(gateway, deps), methods=["GET", "POST"]),
        *cashier.routes(deps),
        *login.routes(deps),
        *statements.routes(deps),
    ]


async def _dispatch(deps: Deps, asked: Asked) -> Response | HangUp:
    method = METHODS.get(asked.method)
    if method is None:
        raise Refusal("40002", "isv.invalid-method", "不存在的方法名")
    call = Call(CHANNEL, method.operation, _payment_no(deps, asked), FAILURES)
    return await answer(deps, call, partial(method.work, deps, asked))


def _payment_no(deps: Deps, asked: Asked) -> str:
    """The number faults are filtered by, also where only Alipay's own number is given."""
    if number := asked.text("out_trade_no", 64):
        return number
    trade = trades.find(deps, asked) if "trade_no" in asked.biz else None
    return trade.payment_no if trade else ""
