"""A WeChat Pay refund as answers (`status`) and notifications (`refund_status`) tell it.

Source: pay.weixin.qq.com/doc/v3/merchant/4013071036 (answer), 4013071196 (notification)
"""

from collections.abc import Mapping
from typing import Any

from gateway.channels.formats import minor_money, read_rfc3339, text, whole
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Declined,
    NotUnderstood,
    Outcome,
    Pending,
    Succeeded,
    Unverifiable,
)


def read(content: Mapping[str, Any], state: str) -> Outcome:
    """What a signed refund object in this state says; 2xx alone means accepted, not returned."""
    refund_id = text(content, "refund_id")
    if not refund_id:
        raise Unverifiable("a refund without its number")
    match state:
        case "SUCCESS":
            return _returned(content, refund_id)
        case "PROCESSING":
            return Pending(channel_no=refund_id)
        case "CLOSED":
            return Declined(state, "the refund was closed, the money stays")
        case "ABNORMAL":
            account = text(content, "user_received_account")
            words = f"the money could not reach {account}"
            return Declined(state, words, abnormal=True, channel_no=refund_id)
        case _:
            return unlisted_code(state, "a refund in an unknown state")


def _returned(content: Mapping[str, Any], refund_id: str) -> Outcome:
    currency = text(content, "amount", "currency") or "CNY"
    amount = minor_money(whole(content, "amount", "refund"), currency)
    if amount is None:
        raise NotUnderstood("a refund without its amount")
    return Succeeded(refund_id, amount, read_rfc3339(text(content, "success_time")))
