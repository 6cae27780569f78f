"""Alipay trade.pay: the payer's code is scanned, and the money comes at once or after a password.

Source: opendocs.alipay.com/open/02ekfp
"""

import re
from typing import Any

from sandbox import payer
from sandbox.alipay.requests import read_request
from sandbox.alipay.trades import (
    BUYER_LOGON_ID,
    amounts,
    buyer,
    names,
    open_trade,
    refuse_unknown,
)
from sandbox.alipay.wire import Asked, refused, respond
from sandbox.answering import Done
from sandbox.clock import beijing_text
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.truth import Trade

ASKS_FIRST = "00"  # the end of a code whose payer has to type a password
WAITING = {"code": "10003", "msg": "order success pay inprocess"}
FACE_SCENE = "security_code"
SCENES = ("bar_code", "wave_code", FACE_SCENE, "")

_CODE = re.compile(r"(?!1[0-5])\d{16,24}", re.ASCII)  # 10 to 15 begin the codes of WeChat
_FACE = re.compile(r"fp\w{33}", re.ASCII)


def pay(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.pay; 10003 where the payer is asked first."""
    code, scene = asked.text("auth_code", 64), asked.text("scene", 32)
    if scene not in SCENES:
        raise refused("INVALID_PARAMETER", "参数无效：scene")
    if not (_FACE if scene == FACE_SCENE else _CODE).fullmatch(code):
        raise refused("PAYMENT_AUTH_CODE_INVALID", "获取顾客账户信息失败，请顾客刷新付款码")
    trade = open_trade(deps, asked, read_request(asked, "pay"))
    if not code.endswith(ASKS_FIRST):
        payer.pay(deps, trade)
    refuse_unknown(hit)
    if trade.state == "created":
        return Done(respond(asked, names(trade) | WAITING, hit), trade)
    return Done(respond(asked, _paid(trade, hit), hit))


def _paid(trade: Trade, hit: Hit) -> dict[str, Any]:
    content = names(trade) | amounts(trade, hit) | buyer(trade)
    content["buyer_logon_id"] = BUYER_LOGON_ID
    if trade.paid_at is not None:
        content["gmt_payment"] = beijing_text(trade.paid_at)
    content["fund_bill_list"] = [
        {"fund_channel": "ALIPAYACCOUNT", "amount": content["total_amount"]},
    ]
    return content
