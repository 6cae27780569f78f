"""In a mini program (小程序): 易生's cashier, told who the payer is.

Where the account has no mini program, or the app did not tell the payer, it is the page of h5.

Source: apifox.com/apidoc/docs-site/2466304 (api-69618570)
"""

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.methods.hosted import outcome, place
from gateway.channels.easy.wire import PAY_IN_MINI_PROGRAM_PATH, PAY_PATH
from gateway.channels.plugin import Call, PayOrder

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    if not (account.mini_program_appid and order.openid):
        return place(PAY_PATH, order, account)
    payer = {"appId": account.mini_program_appid, "openId": order.openid}
    return place(PAY_IN_MINI_PROGRAM_PATH, order, account, payer)
