"""Alipay app: an order string that Alipay's SDK in a mobile app takes, `alipay.trade.app.pay`.

Nothing is sent: the trade exists once the payer's phone opens it.

Source: opendocs.alipay.com/open/02e7gq
"""

from dataclasses import replace

from contracts.actions import AppAction
from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.plugin import Call, PayOrder, Pending, Request


def call(order: PayOrder, account: Account) -> Call:
    content = trade.write(order, "QUICK_MSECURITY_PAY")
    asked = trade.asking("alipay.trade.app.pay", order, trade.carried(content))
    return replace(asked, verb="GET")


def outcome(request: Request) -> Pending:
    order_string = request.url.partition("?")[2]
    return Pending(AppAction(params={"order_string": order_string}))
