"""What 易生 tells without being asked: how a payment came out.

The signature covers no time, and the payment's number (`orgInfo`, `orgTrace`) only where the
account's `sign_scope` says so. A notification that arrives once more is harmless, because states
only go forward; but where the number is not signed, who has seen one could send it again under
another payment's number: then it is unbound, and the gateway asks 易生 itself. So it does where
what is signed can be cut in two ways.

Source: apifox.com/apidoc/docs-site/2466304 (266899504)
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gateway.channels import joined_text
from gateway.channels.easy import trade
from gateway.channels.easy.credentials import Account, NotifyAck
from gateway.channels.easy.traces import is_trace_of
from gateway.channels.easy.wire import check_signature, signed_fields
from gateway.channels.formats import json_object, text
from gateway.channels.plugin import (
    Acknowledgement,
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

JSON: Final = "application/json"
ACCEPT: Final = Acknowledgement(200, b'{"code":"000000","msg":"Success"}', JSON)
ACCEPTS: Final[Mapping[NotifyAck, Acknowledgement]] = {
    "json": ACCEPT,
    "return_code": Acknowledgement(200, b'{"return_code":"SUCCESS"}', JSON),
    "ok": Acknowledgement(200, b"ok"),
}
REFUSE: Final = Acknowledgement(500, b'{"code":"999999","msg":"Fail"}', JSON)


def accept_of(account: Account) -> Acknowledgement:
    return ACCEPTS[account.notify_ack]


def read(notification: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    """Verify, read. Our number comes back in `orgInfo`, beside a trace of ours."""
    content = json_object(notification.body)
    check_signature(content, account)
    payment_no = text(content, "orgInfo")
    if not payment_no or not is_trace_of(account.org_id, text(content, "orgTrace")):
        raise Unverifiable("the notification names no payment of ours")
    stated = understood(trade.read(content["bizData"]))
    if isinstance(stated, Succeeded) and not (stated.channel_no and stated.amount):
        # Signed, but no notification: the answer to an order says 00 too.
        raise Unverifiable("a payment without its number or amount")
    # The payer may try again on 易生's page: the end of a payment is told by the query.
    outcome = Pending() if isinstance(stated, Declined) else stated
    if isinstance(outcome, Succeeded):
        # It is told when it was paid; when it is told, is the time of its receipt.
        outcome = replace(outcome, asked_at=outcome.at)
    notified = NotifiedPayment(payment_no, outcome, is_unbound=account.sign_scope == "bizData")
    is_ambiguous = joined_text.is_ambiguous(signed_fields(content, account))
    return joined_text.hints([notified]) if is_ambiguous else [notified]
