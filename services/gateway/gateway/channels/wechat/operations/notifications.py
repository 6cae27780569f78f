"""What WeChat Pay tells without being asked: a payment was made, a refund came to its end.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791861 (payment), 4013071196 (refund)
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contracts.identifiers import is_id
from gateway.channels.formats import json_object, minor_money, read_rfc3339, text, whole
from gateway.channels.plugin import (
    Acknowledgement,
    Declined,
    GivenBack,
    Moment,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    RawNotification,
    Succeeded,
    Understood,
    Unverifiable,
    understood,
)
from gateway.channels.wechat import refund_state, trade
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.wire import check_signature, decrypt

ACCEPT: Final = Acknowledgement(204)
REFUSE: Final = Acknowledgement(
    500, '{"code":"FAIL","message":"失败"}'.encode(), "application/json"
)


def read(notification: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    """Verify on the raw bytes, open, read. A receiver's share of a split is told by the same
    events, and asked for by query."""
    check_signature(notification.headers, notification.body, account, moment)
    envelope = json_object(notification.body)
    event = text(envelope, "event_type")
    if not event.startswith(("TRANSACTION.", "REFUND.", "PROFITSHARING.")):
        raise NotUnderstood("a notification of an unknown event")
    resource = envelope.get("resource")
    content = json_object(decrypt(resource if isinstance(resource, Mapping) else {}, account))
    if not (account.is_for(content) and account.is_named(content)):
        raise Unverifiable("the notification is for another merchant")
    if text(content, "order_id") and isinstance(content.get("receiver"), Mapping):
        return []
    said_at = read_rfc3339(text(envelope, "create_time"))
    if event.startswith("REFUND."):
        return _refund(content, said_at)
    return [_payment(content, account, said_at)]


def _payment(
    content: Mapping[str, Any], account: Account, said_at: datetime | None
) -> NotifiedPayment:
    outcome = understood(trade.read(content, account))
    return NotifiedPayment(
        _number(content, "out_trade_no"), replace(outcome, asked_at=said_at, said_at=said_at)
    )


def _refund(content: Mapping[str, Any], said_at: datetime | None) -> list[Notified]:
    number, payment_no = _number(content, "out_refund_no"), _number(content, "out_trade_no")
    outcome = understood(refund_state.read(content, text(content, "refund_status")))
    if is_id("refund", number):
        dated = replace(outcome, asked_at=said_at, said_at=said_at)
        return [NotifiedRefund(number, payment_no, dated)]
    return _refund_outside(content, payment_no, outcome, said_at)


def _refund_outside(
    content: Mapping[str, Any], payment_no: str, outcome: Understood, said_at: datetime | None
) -> list[Notified]:
    """Somebody refunded without us, such as in WeChat Pay's console: a word about the payment.

    The notification states this one refund, and not what went back altogether.
    """
    match outcome:
        case Succeeded(channel_no=refund_id, amount=amount):
            paid = minor_money(whole(content, "amount", "total"), "CNY")
            back = GivenBack(amount if amount == paid else None, refund_id, amount)
            succeeded = Succeeded(
                _number(content, "transaction_id"),
                paid,
                given_back=back,
                asked_at=said_at,
                said_at=said_at,
            )
            return [NotifiedPayment(payment_no, succeeded)]
        case Declined(abnormal=True):
            raise NotUnderstood("a refund that is not ours could not be returned")
        case _:
            return []  # Under way, or given up: no money moved.


def _number(content: Mapping[str, Any], name: str) -> str:
    number = text(content, name)
    if not number:
        raise NotUnderstood(f"the notification has no {name}")
    return number
