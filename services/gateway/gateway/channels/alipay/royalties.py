"""How Alipay names receivers of splits (分账), and how they stand in its answers.

Source: opendocs.alipay.com/open/02o6e0 (settle.query)
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.channels.alipay.trade import CURRENCY
from gateway.channels.formats import decimal_money, text
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import SharedOut, Splitting, Unknown, Unverifiable

USER_ID: Final = re.compile(r"2088\d{12}", re.ASCII)
TRANSFER: Final = ("transfer", "royalty")
"""The kinds of rows that are shares; the others are the trade's own settlement."""


def type_of(receiver: str) -> str:
    """Users by their number, which stays the same, else by the name they log in with."""
    return "userId" if USER_ID.fullmatch(receiver) else "loginName"


def trade_no(splitting: Splitting) -> str:
    """Splits are asked for by Alipay's own number; raises ValueError where that is not known."""
    if splitting.trade.channel_trade_no is None:
        raise ValueError("the payment has no number of Alipay")
    return splitting.trade.channel_trade_no


def read(content: Mapping[str, Any], splitting: Splitting) -> list[SharedOut] | Unknown:
    """The receivers that a signed answer names; it may name some later."""
    details = content.get("royalty_detail_list")
    items = details if isinstance(details, list) else []
    shares = [each for each in items if isinstance(each, Mapping)]
    named = {
        text(each, "trans_in"): each for each in shares if text(each, "operation_type") in TRANSFER
    }
    found = [
        _share(share.account, named[share.account])
        for share in splitting.shares
        if share.account in named
    ]
    strange = next((each for each in found if isinstance(each, Unknown)), None)
    return strange or [each for each in found if isinstance(each, SharedOut)]


def _share(account: str, item: Mapping[str, Any]) -> SharedOut | Unknown:
    amount = decimal_money(text(item, "amount"), CURRENCY)
    if amount is None:
        raise Unverifiable("a receiver without an amount")
    match text(item, "state"):
        case "PROCESSING" | "":
            return SharedOut(account, amount, "processing")
        case "SUCCESS":
            return SharedOut(account, amount, "succeeded")
        case "FAIL":
            code = text(item, "error_code") or "FAIL"
            return SharedOut(account, amount, "failed", code, text(item, "error_desc") or code)
        case state:
            return unlisted_code(state, "a receiver in an unknown state")
