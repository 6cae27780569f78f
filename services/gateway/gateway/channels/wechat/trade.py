"""A WeChat Pay order: how we write it when we ask for one, how it is told again.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791877 (create), 4012791858 (query)
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from gateway.channels.formats import (
    cut_to_bytes,
    minor_money,
    payable_until,
    read_rfc3339,
    rfc3339,
    text,
    whole,
)
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    NotUnderstood,
    Outcome,
    PayOrder,
    Pending,
    Succeeded,
    Unverifiable,
)
from gateway.channels.wechat import limits
from gateway.channels.wechat.account import Account

NO_ADDRESS: Final = "127.0.0.1"
"""Where the app did not tell the payer's address; WeChat Pay wants one."""


def write(order: PayOrder, account: Account) -> dict[str, Any]:
    """What all ways to pay have in common. The same at each repeat: WeChat Pay answers a repeat
    with the first order, and refuses the number if anything differs."""
    is_split = order.will_split or account.profit_sharing
    return {
        **account.names(),
        "description": cut_to_bytes(order.subject, limits.DESCRIPTION_BYTES),
        "out_trade_no": order.payment_no,
        "time_expire": rfc3339(payable_until(order)),
        "notify_url": order.notify_url,
        "amount": {"total": order.amount.amount_minor, "currency": order.amount.currency},
        **({"settle_info": {"profit_sharing": True}} if is_split else {}),
    }


def read(content: Mapping[str, Any], account: Account) -> Outcome:
    """What a signed order object says. The caller has checked whose number it carries."""
    if not account.is_named(content):
        raise Unverifiable("the answer speaks of another merchant")
    state, meaning = text(content, "trade_state"), text(content, "trade_state_desc")
    match state:
        case "SUCCESS":
            return _paid(content)
        case "REFUND":
            return replace(_paid(content), given_back=GivenBack())
        case "NOTPAY" | "USERPAYING":
            return Pending(channel_no=text(content, "transaction_id") or None)
        case "CLOSED":
            return Declined(state, meaning, closed=True)
        case "REVOKED":
            back = GivenBack() if text(content, "success_time") else None
            return Declined(state, meaning, closed=True, given_back=back)
        case "PAYERROR":
            return Declined(state, meaning)
        case _:
            return unlisted_code(state, meaning)


def _paid(content: Mapping[str, Any]) -> Succeeded:
    """REFUND too: paid, and some of it or all given back since; how much it does not say."""
    currency = text(content, "amount", "currency") or "CNY"
    amount = minor_money(whole(content, "amount", "total"), currency)
    channel_no = text(content, "transaction_id")
    if amount is None or not channel_no:
        raise NotUnderstood("a paid order without its amount or number")
    return Succeeded(channel_no, amount, read_rfc3339(text(content, "success_time")))
