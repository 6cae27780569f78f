"""WeChat 付款码: the payer's code is scanned; reverse undoes what stayed unclear.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012365342 (codepay, reverse)
"""

import re
import secrets
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from sandbox import payer
from sandbox.answering import Call, Done, answer
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.transport import HangUp
from sandbox.truth import Refund, Trade
from sandbox.wechat import parties
from sandbox.wechat.account import CHANNEL
from sandbox.wechat.orders import (
    REVERSED,
    Order,
    existing,
    find,
    open_trade,
    repeated,
    state_of,
    view,
)
from sandbox.wechat.requests import CodepayRequest
from sandbox.wechat.wire import FAILURES, Asked, Refusal, parse, receive, refusing, respond

ASKS_FIRST = "00"  # the end of a code whose payer has to type a password

# 25 to 30 begin the codes of Alipay.
_CODE = re.compile(r"(?!2[5-9]|30)\d{16,24}", re.ASCII)


@refusing
async def create(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/pay/transactions/codepay: answers the order itself."""
    asked = await receive(deps, request)
    requested = parse(CodepayRequest, asked)
    order = Order("codepay", parties.of_order(request, asked), requested)
    call = Call(CHANNEL, "pay", requested.out_trade_no, FAILURES)
    return await answer(deps, call, partial(_pay, deps, asked, order))


@refusing
async def reverse(deps: Deps, request: Request) -> Response | HangUp:
    """POST …/out-trade-no/{out_trade_no}/reverse: closes or gives back; repeatable."""
    asked = await receive(deps, request)
    found = find(deps, asked.account, request, parties.of_body(request, asked))
    call = Call(CHANNEL, "close", request.path_params["out_trade_no"], FAILURES)
    return await answer(deps, call, partial(_reverse, deps, asked, found))


def _pay(deps: Deps, asked: Asked, order: Order, hit: Hit) -> Done:
    code = (order.requested.payer and order.requested.payer.auth_code) or ""
    if not _CODE.fullmatch(code):
        raise Refusal(400, "AUTH_CODE_INVALID", "检测到付款码不正确，请刷新后重试")
    trade = repeated(deps, asked, order)
    if trade is None:
        trade = open_trade(deps, asked, order)
        if not code.endswith(ASKS_FIRST):
            payer.settle(deps, trade)
    content = view(trade, state_of(deps, trade), hit)
    return Done(respond(deps, asked, hit, content), trade if trade.state == "created" else None)


def _reverse(deps: Deps, asked: Asked, found: Trade | None, hit: Hit) -> Done:
    trade = existing(found)
    if trade.product != "codepay":
        raise Refusal(400, "INVALID_REQUEST", "仅付款码支付订单可以撤销")
    if trade.state == "created":
        payer.close(deps, trade, REVERSED)
    elif trade.state == "paid" and trade.details.get("closed_by") != REVERSED:
        _give_back(deps, trade)
    content = {"out_trade_no": trade.number, "recall": "N"}
    return Done(respond(deps, asked, hit, content))


def _give_back(deps: Deps, trade: Trade) -> None:
    at = now()
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=f"{trade.number}-{REVERSED}",
        refund_no=f"{trade.number}-{REVERSED}",
        channel_refund_no=f"5030{secrets.randbelow(10**25):025d}",
        amount=payer.refundable(deps, trade),
        reason="撤销",
        notify_url="",
        created_at=at,
    )
    deps.truth.add_refund(refund)
    payer.decide(deps, refund, "succeeded")
    trade.details["closed_by"] = REVERSED
    deps.truth.save_trade(trade)
