"""Alipay mini program (小程序): paid by `my.tradePay`. Alipay takes it for mini programs only.

Source: opendocs.alipay.com/mini/05x9kv
"""

from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.alipay.methods.created import create, outcome
from gateway.channels.plugin import Call, PayOrder

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    content = trade.write(order, "JSAPI_PAY")
    return create(order, {**content, "op_app_id": account.op_app_id})
