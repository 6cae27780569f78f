"""What all ways to 易生's cashier have in common: an order is placed, its page is the answer.

Source: apifox.com/apidoc/docs-site/2466304 (api-75893637)
"""

from collections.abc import Mapping
from typing import Any

from contracts.actions import RedirectAction
from gateway.channels.easy import codes, limits, trade
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.traces import trace_of
from gateway.channels.formats import cut_to_bytes, text
from gateway.channels.joined_text import unjoinable
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    Outcome,
    PayOrder,
    Pending,
    Unknown,
    Unverifiable,
)


def place(
    path: str, order: PayOrder, account: Account, payer: Mapping[str, str] | None = None
) -> Call:
    """The order: the payment's number travels in `orgInfo`, its trace is 易生's number for it."""
    subject = cut_to_bytes(unjoinable(order.subject), limits.SUBJECT_BYTES)
    life_s = max(int((order.expires_at - order.begun_at).total_seconds()), 1)
    biz_data: dict[str, Any] = {
        "title": subject,
        "subject": subject,
        "transAmt": str(order.amount.amount_minor),
        "timeoutMinutes": str(-(-life_s // 60) if account.is_timeout_in_minutes else life_s),
        "notifyUrl": order.notify_url,
        "frontUrl": order.return_url,
        **(payer or {}),
    }
    envelope = {
        "orgTrace": trace_of(account.org_id, order),
        "orgInfo": order.payment_no,
    }
    if order.client_ip:
        envelope["orgDeviceIp"] = order.client_ip
    filled = {name: value for name, value in biz_data.items() if value}
    return Call("POST", path, query=envelope, body=filled)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    biz_data = answer.content["bizData"]
    stated = trade.read(biz_data)
    if isinstance(stated, Declined | Unknown):
        return stated
    url = text(biz_data, "redirectUrl")
    if not url:
        raise Unverifiable("no redirectUrl")
    return Pending(RedirectAction(url=url))
