"""Alipay H5 (手机网站): a mobile browser is sent to Alipay's cashier, `alipay.trade.wap.pay`.

Nothing is sent: the trade exists once the payer opens the link.

Source: opendocs.alipay.com/open/02ivbs
"""

from contracts.actions import RedirectAction
from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.plugin import Call, PayOrder, Pending, Request


def call(order: PayOrder, account: Account) -> Call:
    content = trade.write(order, "QUICK_WAP_WAY")
    content["quit_url"] = order.return_url or account.quit_url
    return trade.handing("GET", "alipay.trade.wap.pay", order, content)


def outcome(request: Request) -> Pending:
    return Pending(RedirectAction(url=request.url))
