"""What pages and mini programs inside Alipay have in common: the trade is made for a known payer,
and the wallet's bridge pays it by its number, `alipay.trade.create`.

Source: opendocs.alipay.com/open/02ekfj
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from contracts.actions import JsapiAction
from gateway.channels.alipay import codes, trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable

USER_ID: Final = re.compile(r"2088\d{12}", re.ASCII)
"""Older apps know their payers by user id, newer ones by open id."""


def create(order: PayOrder, content: Mapping[str, Any]) -> Call:
    payer = order.openid or ""
    name = "buyer_id" if USER_ID.fullmatch(payer) else "buyer_open_id"
    return trade.asking("alipay.trade.create", order, {**content, name: payer})


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    if text(answer.content, "out_trade_no") != order.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    trade_no = text(answer.content, "trade_no")
    if not trade_no:
        raise Unverifiable("no trade_no")
    return Pending(JsapiAction(params={"trade_no": trade_no}), channel_no=trade_no)
