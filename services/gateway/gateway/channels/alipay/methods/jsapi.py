"""Alipay JSAPI: on a page or in a mini program inside Alipay, `alipay.trade.create`.

Source: opendocs.alipay.com/open/02ekfj
"""

import re
from typing import Final

from contracts.actions import JsapiAction
from gateway.channels.alipay import codes, trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable

USER_ID: Final = re.compile(r"2088\d{12}", re.ASCII)
"""Older apps know their payers by user id, newer ones by open id."""


def call(order: PayOrder, account: Account) -> Call:
    payer = order.openid or ""
    content = trade.write(order, "JSAPI_PAY")
    content["op_app_id"] = account.op_app_id
    content["buyer_id" if USER_ID.fullmatch(payer) else "buyer_open_id"] = payer
    return trade.asking("alipay.trade.create", order, content)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    if text(answer.content, "out_trade_no") != order.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    trade_no = text(answer.content, "trade_no")
    if not trade_no:
        raise Unverifiable("no trade_no")
    return Pending(JsapiAction(params={"trade_no": trade_no}), channel_no=trade_no)
