"""From an app (APP): 易生's cashier.

Source: apifox.com/apidoc/docs-site/2466304 (api-75893637)
"""

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.methods.hosted import outcome, place
from gateway.channels.easy.wire import PAY_PATH
from gateway.channels.plugin import Call, PayOrder

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    return place(PAY_PATH, order, account)
