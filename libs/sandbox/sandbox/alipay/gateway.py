"""Alipay's one address: `gateway.do`, where `method` says what is wanted.

Source: opendocs.alipay.com/open/00f7nu
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.alipay import barcode, bills, cashier, certificates, login, refunds, splits, trades
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
from sandbox.faults import UNHARMED, Hit, Operation
from sandbox.transport import HangUp
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Method:
    """One API method: which operation it is to faults, and what it does."""

    operation: Operation
    work: Callable[[World, Asked, Hit], Done]


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
    "alipay.data.dataservice.bill.downloadurl.query": Method("bill", bills.download_url),
    "alipay.open.app.alipaycert.download": Method("query", certificates.download),
}


async def gateway(world: World, request: Request) -> Response | HangUp:
    """GET or POST /gateway.do; errors too are HTTP 200."""
    params = await read_params(request)
    is_page = params.get("method") in cashier.PRODUCTS
    try:
        asked = verify(world, params)
    except Refusal as refusal:
        return cashier.error_page(world, refusal) if is_page else refuse_unsigned(params, refusal)
    try:
        if is_page:
            return await cashier.open_cashier(world, asked)
        return await _dispatch(world, asked)
    except Refusal as refusal:
        return (
            cashier.error_page(world, refusal)
            if is_page
            else respond(asked, refusal.node, UNHARMED)
        )


def routes(world: World) -> list[Route]:
    return [
        Route("/gateway.do", partial(gateway, world), methods=["GET", "POST"]),
        *cashier.routes(world),
        *login.routes(world),
        *bills.routes(world),
    ]


async def _dispatch(world: World, asked: Asked) -> Response | HangUp:
    method = METHODS.get(asked.method)
    if method is None:
        raise Refusal("40002", "isv.invalid-method", "不存在的方法名")
    call = Call(CHANNEL, method.operation, _payment_no(world, asked), FAILURES)
    return await answer(world, call, partial(method.work, world, asked))


def _payment_no(world: World, asked: Asked) -> str:
    """The number faults are filtered by, also where only Alipay's own number is given."""
    if number := asked.text("out_trade_no", 64):
        return number
    trade = trades.find(world, asked) if "trade_no" in asked.biz else None
    return trade.payment_no if trade else ""
