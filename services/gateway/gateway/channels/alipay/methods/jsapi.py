"""Alipay JSAPI: on a page inside Alipay, paid by `AlipayJSBridge`.

The page belongs to a mini program, or to a web app: which is told of neither product nor mini
program, as Alipay refuses it as the latter (`OPEN_ID_NOT_TINY_APP`); it is then 当面付.

Source: opendocs.alipay.com/open/02ekfj
"""

from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.alipay.methods import mini_program
from gateway.channels.alipay.methods.created import create, outcome
from gateway.channels.plugin import Call, PayOrder

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    if account.jsapi_product_code == "JSAPI_PAY":
        return mini_program.call(order, account)
    return create(order, trade.write(order, None))
