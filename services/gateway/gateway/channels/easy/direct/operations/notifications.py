"""What 易企通 2.0 tells without being asked: how a payment came out. Our number is signed with it.

The same signature stands under answers: what has the header of one is no notification.

Source: s.apifox.cn/9758ecc8 (异步通知)
"""

from dataclasses import replace

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import trade
from gateway.channels.easy.direct.wire import check_signature
from gateway.channels.easy.operations.notifications import ACCEPT, REFUSE
from gateway.channels.formats import json_object, text
from gateway.channels.plugin import (
    Declined,
    Moment,
    Notified,
    NotifiedPayment,
    Pending,
    RawNotification,
    Succeeded,
    Unverifiable,
    understood,
)

__all__ = ["ACCEPT", "REFUSE", "read"]


def read(notification: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    content = json_object(notification.body)
    check_signature(content, ("reqHeader", "reqBody", "reqSign"), account)
    if "rspCode" in content["reqHeader"]:
        raise Unverifiable("an answer, and no notification")
    body = content["reqBody"]
    payment_no = text(body, "respOrderInfo", "orgTrace")
    if not payment_no:
        raise Unverifiable("the notification names no payment of ours")
    outcome = understood(trade.read(body))
    if isinstance(outcome, Declined) and not outcome.closed:
        # The payer may try again: the end of a payment is told by the query.
        outcome = Pending()
    if isinstance(outcome, Succeeded):
        # It is told when it was paid; when it is told, is the time of its receipt.
        outcome = replace(outcome, asked_at=outcome.at)
    return [NotifiedPayment(payment_no, outcome)]
