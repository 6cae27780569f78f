"""What Alipay tells without being asked: a signed form about a trade, or about its refund.

There is no time window: Alipay repeats a notice for a day, and does not say whether with a new
time. A notice that arrives once more is harmless, because states only go forward.

Source: opendocs.alipay.com/open/05osv9
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from contracts.identifiers import is_id
from gateway.channels import rsa
from gateway.channels.alipay import trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.alipay.wire import signed_text
from gateway.channels.beijing import read_spaced
from gateway.channels.plugin import (
    Acknowledgement,
    Moment,
    Noticed,
    NoticedPayment,
    NoticedRefund,
    NotSent,
    RawNotice,
    Succeeded,
    Unknown,
    Unverifiable,
)

ACCEPT: Final = Acknowledgement(200, b"success")
REFUSE: Final = Acknowledgement(500, b"fail")

MAX_FIELDS: Final = 100
TRADE_STATUS: Final = "trade_status_sync"


def read(notice: RawNotice, account: Account, moment: Moment) -> list[Noticed]:
    """Verify on the raw form, read. A word about a refund never counts as a word about payment."""
    fields = _fields(notice.body)
    _check_signature(fields, account)
    if fields.get("app_id") != account.app_id:
        raise Unverifiable("the notice is for another app")
    if account.seller_id and fields.get("seller_id", account.seller_id) != account.seller_id:
        raise Unverifiable("the notice is for another seller")
    if fields.get("notify_type") != TRADE_STATUS:
        return []
    if "refund_fee" in fields or "gmt_refund" in fields or "out_biz_no" in fields:
        return _refund(fields)
    return [_payment(fields)]


def _payment(fields: Mapping[str, str]) -> NoticedPayment:
    outcome = trade.read(fields, paid_at="gmt_payment")
    number = fields.get("out_trade_no")
    if isinstance(outcome, NotSent | Unknown) or not number:
        # Refused, so that Alipay sends it again; meanwhile we ask by query.
        raise Unverifiable(f"the notice cannot be read: {outcome}")
    return NoticedPayment(number, outcome)


def _refund(fields: Mapping[str, str]) -> list[Noticed]:
    """Alipay tells of a refund by success only; `refund_fee` is the sum of all of the trade."""
    refund_no, payment_no = fields.get("out_biz_no", ""), fields.get("out_trade_no", "")
    if not is_id("refund", refund_no) or not payment_no:
        return []
    done = Succeeded(at=read_spaced(fields.get("gmt_refund", "")))
    return [NoticedRefund(refund_no, payment_no, done)]


def _fields(body: bytes) -> dict[str, str]:
    """The form, decoded; raises Unverifiable where a name stands twice."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise Unverifiable("the notice is not a form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unverifiable("a name stands twice in the notice")
    return fields


def _check_signature(fields: Mapping[str, str], account: Account) -> None:
    """Without `sign` and `sign_type`, unlike in requests. Documents disagree on empty values.

    A notice does not name its certificate: any that answers have taught us will do.
    """
    if fields.get("sign_type") != "RSA2":
        raise Unverifiable("the notice is signed in an unknown way")
    kept = {name: value for name, value in fields.items() if name not in ("sign", "sign_type")}
    filled = {name: value for name, value in kept.items() if value}
    readings = [filled] if filled == kept else [filled, kept]
    if not any(
        rsa.is_signed(key, signed_text(each), fields.get("sign", ""))
        for key in account.alipay_keys.values()
        for each in readings
    ):
        raise Unverifiable("the signature is wrong")
