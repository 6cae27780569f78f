"""In a browser on a computer: the browser submits a form to UnionPay's page (网关支付).

Nothing is sent: the trade exists once the payer's browser submits the form.

Source: open.unionpay.com (acpAPIId=901, frontTransReq)
"""

from gateway.channels.plugin import Call, PayOrder
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.methods.front import hand, outcome

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    return hand(order)
