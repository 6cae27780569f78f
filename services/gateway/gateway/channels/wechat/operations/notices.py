"""What WeChat Pay tells without being asked: a payment was made, a refund came to its end.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791861 (payment), 4013071196 (refund)
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.channels.plugin import (
    Acknowledgement,
    Moment,
    Noticed,
    NoticedPayment,
    NoticedRefund,
    NotSent,
    Outcome,
    RawNotice,
    Unknown,
    Unverifiable,
)
from gateway.channels.reading import json_object, text
from gateway.channels.wechat import parties, refund_state, trade
from gateway.channels.wechat.credentials import Account
from gateway.channels.wechat.wire import check_signature, decrypt

ACCEPT: Final = Acknowledgement(204)
REFUSE: Final = Acknowledgement(
    500, '{"code":"FAIL","message":"失败"}'.encode(), "application/json"
)


def read(notice: RawNotice, account: Account, moment: Moment) -> list[Noticed]:
    """Verify on the raw bytes, open, read. Kinds that we did not ask for are nothing to do."""
    check_signature(notice.headers, notice.body, account, moment)
    envelope = json_object(notice.body)
    event = text(envelope, "event_type")
    if not event.startswith(("TRANSACTION.", "REFUND.")):
        return []
    resource = envelope.get("resource")
    content = json_object(decrypt(resource if isinstance(resource, Mapping) else {}, account))
    if not (parties.is_for(content, account) and parties.is_named(content, account)):
        raise Unverifiable("the notice is for another merchant")
    if event.startswith("REFUND."):
        return [_refund(content)]
    return [_payment(content, account)] if "trade_state" in content else []


def _payment(content: Mapping[str, Any], account: Account) -> NoticedPayment:
    outcome = trade.read(content, account)
    if isinstance(outcome, NotSent | Unknown):
        raise _unreadable(outcome)
    return NoticedPayment(_number(content, "out_trade_no"), outcome)


def _refund(content: Mapping[str, Any]) -> NoticedRefund:
    outcome = refund_state.read(content, text(content, "refund_status"))
    if isinstance(outcome, NotSent | Unknown):
        raise _unreadable(outcome)
    number = _number(content, "out_refund_no")
    return NoticedRefund(number, _number(content, "out_trade_no"), outcome)


def _number(content: Mapping[str, Any], name: str) -> str:
    number = text(content, name)
    if not number:
        raise Unverifiable(f"the notice has no {name}")
    return number


def _unreadable(outcome: Outcome) -> Unverifiable:
    """Refused, so that WeChat Pay sends it again; meanwhile we ask by query."""
    return Unverifiable(f"the notice cannot be read: {outcome}")
