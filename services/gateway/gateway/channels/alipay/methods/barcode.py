"""Alipay payment code (付款码): the payer's code was scanned, `alipay.trade.pay`.

Paid at once, or after the payer's password (10003). What stays unclear is queried, and cancelled
in the end (`operations/close.py`).

Source: opendocs.alipay.com/open/02ekfp
"""

from dataclasses import replace
from typing import Final

from gateway.channels.alipay import codes, trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Unverifiable

TIMEOUT_S: Final = 30

FACE: Final = "fp"
"""How the code of a payer begins whose face was scanned (刷脸): a scene of its own."""


def call(order: PayOrder, account: Account) -> Call:
    content = trade.write(order, "FACE_TO_FACE_PAYMENT")
    code = order.auth_code or ""
    scene = "security_code" if code.startswith(FACE) else "bar_code"
    content |= {"scene": scene, "auth_code": code}
    asked = trade.asking("alipay.trade.pay", order, content)
    return replace(asked, timeout_s=TIMEOUT_S)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    """Code 10000 is the word that it was paid; there is no trade_status in this answer."""
    if refusal := codes.find_refusal(answer, codes.PAY_BY_CODE):
        return refusal
    if text(answer.content, "out_trade_no") != order.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    return trade.read_paid(answer.content, text(answer.content, "gmt_payment"))
