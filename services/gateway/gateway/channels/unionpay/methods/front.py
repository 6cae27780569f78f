"""What both ways to UnionPay's page have in common: a signed form that the browser submits.

Source: open.unionpay.com (acpAPIId=901, frontTransReq)
"""

from urllib.parse import parse_qsl

from contracts.actions import FormAction
from gateway.channels.plugin import Call, PayOrder, Pending, Request
from gateway.channels.unionpay import trade
from gateway.channels.unionpay.wire import FRONT_PATH


def hand(order: PayOrder) -> Call:
    """`frontUrl` is required."""
    return Call("POST", FRONT_PATH, body={**trade.write(order), "frontUrl": order.back_url})


def outcome(request: Request) -> Pending:
    fields = dict(parse_qsl(request.body.decode()))
    return Pending(FormAction(url=request.url, method="POST", fields=fields))
