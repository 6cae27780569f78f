"""What Alipay tells without being asked: a signed form about a trade, or about its refund.

There is no time window: Alipay repeats a notification for a day, with the time of the repeat. One
that arrives once more is harmless, because states only go forward.

Source: opendocs.alipay.com/open/05osv9
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from contracts.identifiers import is_id
from gateway.channels import joined_text, rsa
from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.alipay.operations import bounces
from gateway.channels.alipay.wire import signed_text
from gateway.channels.formats import read_spaced, text
from gateway.channels.plugin import (
    Acknowledgement,
    AnotherReceiver,
    GivenBack,
    Moment,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    Pending,
    RawNotification,
    Receiver,
    Succeeded,
    Understood,
    UnderstoodT,
    Unverifiable,
    understood,
)

ACCEPT: Final = Acknowledgement(200, b"success")
REFUSE: Final = Acknowledgement(500, b"fail")

MAX_FIELDS: Final = 100
BYTES: Final = "latin-1"
"""A text of which each character is one byte: what is signed is what was sent, in any charset."""

CHARSETS: Final = {"gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
"""`charset` of a message that is not in UTF-8."""

TRADE_STATUS: Final = "trade_status_sync"


def read(notification: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    """Verify on the bytes of the form, read; what can be cut in two ways only makes us ask."""
    form = _form(notification.body)
    _check_signature(form, account)
    fields = _texts(form)
    if fields.get("app_id") != account.app_id:
        raise Unverifiable("the notification is for another app")
    notified = _read(fields, account)
    return joined_text.hints(notified) if joined_text.is_ambiguous(form) else notified


def _read(fields: Mapping[str, str], account: Account) -> list[Notified]:
    if bounces.is_one(fields):
        return bounces.read(fields)
    seller = text(fields, "seller_id")
    if account.seller_id and seller != account.seller_id:
        raise AnotherReceiver(seller)
    if fields.get("notify_type") != TRADE_STATUS:
        raise NotUnderstood("a notification of an unknown type")
    notified = _about_trade(fields)
    if account.seller_id:
        return notified
    receiver = Receiver(seller, text(fields, "trade_no"))
    return [replace(each, receiver=receiver) for each in notified]


def is_shared(account: Account, all_accounts: Iterable[Account]) -> bool:
    """A service provider's app (第三方应用) is signed for whatever merchant it acts for."""
    return any(
        each.app_auth_token is not None
        for each in (account, *all_accounts)
        if each.app_id == account.app_id
    )


def _about_trade(fields: Mapping[str, str]) -> list[Notified]:
    """What happened stands in values, not in names: Alipay sends empty and zero fields too.

    It is about a refund where `out_biz_no` names one. That is proof of the payment as well. The
    number may be that of somebody who refunded without us.
    """
    payment_no, number = text(fields, "out_trade_no"), text(fields, "out_biz_no")
    refunded_at = text(fields, "gmt_refund")
    back = trade.given_back(fields)
    is_refund = number != "" and (back is not None or refunded_at != "")
    outcome = _read_trade(fields, is_refund=is_refund)
    if not payment_no:
        raise NotUnderstood("a notification about no payment")
    if not is_refund:
        return [NotifiedPayment(payment_no, _dated(outcome, fields, "gmt_payment"))]
    if not isinstance(outcome, Succeeded):
        raise NotUnderstood("a refund of what was not paid")
    if not is_id("refund", number):
        outside = GivenBack(back.amount if back else None, number)
        return [
            NotifiedPayment(
                payment_no, _dated(replace(outcome, given_back=outside), fields, "gmt_refund")
            )
        ]
    return [
        NotifiedPayment(
            payment_no, _dated(replace(outcome, given_back=None), fields, "gmt_refund")
        ),
        NotifiedRefund(
            number, payment_no, _dated(_read_refund(fields, back), fields, "gmt_refund")
        ),
    ]


def _read_refund(fields: Mapping[str, str], back: GivenBack | None) -> Succeeded | Pending:
    """Of a refund of ours: it went back where all that went back has an amount, which must hold it
    (trade-core knows how much it is). A number or a time alone makes us ask."""
    if back is None:
        return Pending()
    return Succeeded(at=read_spaced(text(fields, "gmt_refund")), given_back=back)


def _read_trade(fields: Mapping[str, str], *, is_refund: bool) -> Understood:
    if is_refund and text(fields, "trade_status") == trade.CLOSED:
        return trade.read_paid(fields, text(fields, "gmt_payment"))
    return understood(trade.read(fields, paid_at="gmt_payment"))


def _dated(outcome: UnderstoodT, fields: Mapping[str, str], happened_at: str) -> UnderstoodT:
    """Of a repeat only this is sure: it was so when it happened, and it is told now."""
    said_at = read_spaced(text(fields, "notify_time"))
    return replace(
        outcome, asked_at=read_spaced(text(fields, happened_at)) or said_at, said_at=said_at
    )


def _form(body: bytes) -> dict[str, str]:
    """The form, in `BYTES`; raises Unverifiable where a name stands twice."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            encoding=BYTES,
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise Unverifiable("the notification is not a form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unverifiable("a name stands twice in the notice")
    return fields


def _texts(form: Mapping[str, str]) -> dict[str, str]:
    """What is signed, as it reads; a payer's text that is cut within a character stops nothing
    (`strangers-text-stops-nothing`)."""
    charset = CHARSETS.get(form.get("charset", "").lower(), "utf-8")
    return {
        name: value.encode(BYTES).decode(charset, errors="replace") for name, value in form.items()
    }


def _check_signature(form: Mapping[str, str], account: Account) -> None:
    """Without `sign` and, unlike in requests, `sign_type`; some messages are signed with it.
    Documents disagree on empty values.

    A notification does not name its certificate: any that answers have taught us will do.
    """
    if form.get("sign_type") != "RSA2":
        raise Unverifiable("the notification is signed in an unknown way")
    kept = {name: value for name, value in form.items() if name not in ("sign", "sign_type")}
    readings = [{name: value for name, value in kept.items() if value}]
    if readings[0] != kept:
        readings.append(kept)
    if bounces.is_one(form):
        readings.append({**kept, "sign_type": form["sign_type"]})
    if not any(
        rsa.is_signed(key, signed_text(each, BYTES), form.get("sign", ""))
        for key in account.alipay_keys.values()
        for each in readings
    ):
        raise Unverifiable("the signature is wrong")
