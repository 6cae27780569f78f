"""What became of a refund, asked by our number: `alipay.trade.fastpay.refund.query`.

Source: opendocs.alipay.com/open/02ekfl
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.channels.alipay import codes
from gateway.channels.alipay.credentials import Account
from gateway.channels.alipay.trade import CURRENCY
from gateway.channels.formats import decimal_money, read_spaced, text
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    Outcome,
    Pending,
    Refunding,
    Succeeded,
    Unverifiable,
)

BOUNCED: Final = "F"
"""`dback_status`: the payer's bank sent the money back (银行卡冲退失败)."""


def call(refunding: Refunding, account: Account) -> Call:
    content = {
        "out_trade_no": refunding.trade.payment_no,
        "out_request_no": refunding.refund_no,
        "query_options": ["gmt_refund_pay", "deposit_back_info"],
    }
    return Call("POST", "alipay.trade.fastpay.refund.query", body=content)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    """Without our number in it, Alipay does not know the refund: it may be sent again."""
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    number = text(answer.content, "out_request_no")
    if number not in ("", refunding.refund_no):
        raise Unverifiable("the answer speaks of another refund")
    if not number:
        return Pending(found=False)
    if text(answer.content, "out_trade_no") != refunding.trade.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    return _read(answer.content)


def _read(content: Mapping[str, Any]) -> Outcome:
    if text(content, "deposit_back_info", "dback_status") == BOUNCED:
        return bounced()
    match text(content, "refund_status"):
        case "REFUND_SUCCESS":
            return _returned(content)
        case "REFUND_FAIL":
            return Declined(text(content, "error_code") or "REFUND_FAIL", "the refund failed")
        case "" | "REFUND_PROCESSING":
            return Pending()
        case state:
            return unlisted_code(state, "a refund in an unknown state")


def bounced() -> Declined:
    """The refund was done, and came back; only a person can find another way."""
    return Declined("DEPOSIT_BACK_FAILED", "the payer's bank sent it back", abnormal=True)


def _returned(content: Mapping[str, Any]) -> Outcome:
    amount = decimal_money(text(content, "refund_amount"), CURRENCY)
    if amount is None:
        raise Unverifiable("a refund without its amount")
    return Succeeded(amount=amount, at=read_spaced(text(content, "gmt_refund_pay")))
