"""Alipay PC (电脑网站): the browser submits a form to Alipay's cashier, `alipay.trade.page.pay`.

Nothing is sent: the trade exists once the payer's browser submits the form.

Source: opendocs.alipay.com/open/028r8t
"""

from urllib.parse import parse_qsl

from contracts.actions import FormAction
from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.plugin import Call, PayOrder, Pending, Request


def call(order: PayOrder, account: Account) -> Call:
    content = trade.write(order, "FAST_INSTANT_TRADE_PAY")
    return trade.handing("POST", "alipay.trade.page.pay", order, content)


def outcome(request: Request) -> Pending:
    fields = dict(parse_qsl(request.body.decode()))
    return Pending(FormAction(url=request.url, method="POST", fields=fields))
