"""What UnionPay tells without being asked (后台通知): a signed form about a payment or a refund.

The signature covers no time of sending: one that arrives once more is harmless, because states only
go forward.

Its txnTime is not compared, as that of an answer is: an answer is to be the one to our question, a
notification is money that was taken under our number. We give a number to one trade only, in which
second whichever release began it; to refuse what UnionPay signed for another would hide that money.
From then on `queryId` names the trade, and a second one under the number is another trade to
trade-core, which compares the amount, too.

Source: open.unionpay.com (acpAPIId=901, 后台通知)
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from contracts.identifiers import is_id
from gateway.channels import joined_text
from gateway.channels.formats import text
from gateway.channels.plugin import (
    Acknowledgement,
    Declined,
    Moment,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    Pending,
    RawNotification,
    Succeeded,
    Understood,
    understood,
)
from gateway.channels.unionpay import trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import check_signature, split_form

ACCEPT: Final = Acknowledgement(200, b"ok")
REFUSE: Final = Acknowledgement(500, b"fail")


def read(notification: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    """Verify on the decoded form, read; what can be cut in two ways only makes us ask."""
    fields = split_form(notification.body)
    check_signature(fields, account, moment)
    notified = _read(fields)
    return joined_text.hints(notified) if joined_text.is_ambiguous(fields) else notified


def _read(fields: Mapping[str, str]) -> list[Notified]:
    number, reserved = text(fields, "orderId"), text(fields, "reqReserved")
    # Not every product tells it again; the refund's own number is enough.
    payment_no = reserved if is_id("payment", reserved) else ""
    refund_no = trade.refund_no_of(number)
    outcome = _dated(understood(trade.read(fields, trade.IN_NOTIFICATION)))
    match text(fields, "txnType"):
        case trade.PAYMENT if number:
            # The payer may try again on UnionPay's page: the end of a payment is told by the query.
            return [
                NotifiedPayment(number, Pending() if isinstance(outcome, Declined) else outcome)
            ]
        case trade.UNDO if refund_no:
            # One that comes to nothing is followed by a refund: the query tells of both.
            undone = outcome if isinstance(outcome, Succeeded) else Pending()
            return [NotifiedRefund(refund_no, payment_no, undone)]
        case trade.REFUND if refund_no:
            return [NotifiedRefund(refund_no, payment_no, outcome)]
        case _:
            raise NotUnderstood("a notification about neither a payment nor a refund of ours")


def _dated(outcome: Understood) -> Understood:
    """It is told when it was settled; when it is told, is the time of its receipt."""
    return replace(outcome, asked_at=outcome.at) if isinstance(outcome, Succeeded) else outcome
