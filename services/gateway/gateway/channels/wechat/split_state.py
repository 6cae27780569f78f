"""A WeChat Pay split (分账单) as answers tell it, receiver by receiver.

Source: pay.weixin.qq.com/doc/v3/merchant/4012524936 (split), 4012526688 (query)
"""

from collections.abc import Mapping
from typing import Any, Final

from contracts.money import Money
from gateway.channels.formats import minor_money, text, whole
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Answer,
    Outcome,
    Pending,
    SharedOut,
    Splitting,
    Succeeded,
    Unknown,
    Unverifiable,
)

CURRENCY: Final = "CNY"

FAIL_REASONS: Final[Mapping[str, str]] = {
    "ACCOUNT_ABNORMAL": "the receiver's account is abnormal",
    "NO_RELATION": "the receiver is not registered any more",
    "RECEIVER_HIGH_RISK": "the receiver is of high risk",
    "RECEIVER_REAL_NAME_NOT_VERIFIED": "the receiver's name is not verified",
    "NO_AUTH": "the right to split was withdrawn",
    "RECEIVER_RECEIPT_LIMIT": "the receiver has reached a limit",
    "PAYER_ACCOUNT_ABNORMAL": "the merchant's account is abnormal",
    "INVALID_REQUEST": "the split is not valid",
}
"""Why a receiver got nothing. The reason may be new; that it is over is said by `result`."""


def read(answer: Answer, splitting: Splitting) -> Outcome:
    """What a signed split says, if it is of this one.

    What becomes the merchant's own (解冻给分账方) stands among the receivers, and is none of ours.
    """
    content = answer.content
    if text(content, "out_order_no") != splitting.split_no:
        raise Unverifiable("the answer speaks of another split")
    if text(content, "transaction_id") != splitting.trade.channel_trade_no:
        raise Unverifiable("the answer speaks of another payment")
    number, state = text(content, "order_id") or None, text(content, "state")
    if state not in ("PROCESSING", "FINISHED"):
        return unlisted_code(state, "a split in an unknown state")
    named = _by_account(content)
    ours = [_share(share.account, named.get(share.account)) for share in splitting.shares]
    strange = next((each for each in ours if isinstance(each, Unknown)), None)
    if strange is not None:
        return strange
    shares = tuple(each for each in ours if isinstance(each, SharedOut))
    if state == "PROCESSING":
        return Pending(channel_no=number, shares=shares)
    if len(shares) < len(splitting.shares):
        raise Unverifiable("a split without one of its receivers")
    if any(share.status == "processing" for share in shares):
        return Pending(channel_no=number, shares=shares)
    return Succeeded(number, shares=shares)


def _by_account(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    receivers = content.get("receivers")
    items = receivers if isinstance(receivers, list) else []
    found = [item for item in items if isinstance(item, Mapping)]
    # The merchant itself may be a receiver, beside what is left for it: the first is the asked one.
    return {text(item, "account"): item for item in reversed(found)}


def _share(account: str, item: Mapping[str, Any] | None) -> SharedOut | Unknown | None:
    if item is None:
        return None
    amount = _amount(item)
    match text(item, "result"):
        case "PENDING":
            return SharedOut(account, amount, "processing")
        case "SUCCESS":
            return SharedOut(account, amount, "succeeded")
        case "CLOSED":
            reason = text(item, "fail_reason") or "CLOSED"
            words = FAIL_REASONS.get(reason, "the receiver got nothing")
            return SharedOut(account, amount, "failed", reason, words)
        case result:
            return unlisted_code(result, "a receiver in an unknown state")


def _amount(item: Mapping[str, Any]) -> Money:
    amount = minor_money(whole(item, "amount"), CURRENCY)
    if amount is None:
        raise Unverifiable("a receiver without an amount")
    return amount
