"""A receiver gives back what it got of a split (请求分账回退), so that it can be refunded.

Only merchants can be asked, and only those who have agreed to it in their merchant platform. Our
number makes it happen once; the same call again tells how it stands.

Source: pay.weixin.qq.com/doc/v3/merchant/4012526995, partner/4012690710
"""

from typing import Final

from gateway.channels.formats import cut_to_bytes, minor_money, text, whole
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    Outcome,
    Pending,
    SplitReturning,
    Succeeded,
    Unverifiable,
)
from gateway.channels.wechat import codes, limits
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.split_state import CURRENCY

NO_REASON: Final = "退款"


def call(asked: SplitReturning, account: Account) -> Call:
    share = asked.share
    body = {
        **account.sub_merchant(),
        "out_order_no": share.split_no,
        "out_return_no": share.return_no,
        "return_mchid": share.account,
        "amount": share.amount.amount_minor,
        "description": cut_to_bytes(asked.reason or NO_REASON, limits.RETURN_DESCRIPTION_BYTES),
    }
    return Call("POST", "/v3/profitsharing/return-orders", body=body)


def outcome(answer: Answer, asked: SplitReturning, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.SPLIT_RETURN):
        return refusal
    content = answer.content
    if text(content, "out_return_no") != asked.share.return_no:
        raise Unverifiable("the answer speaks of another return")
    amount = minor_money(whole(content, "amount"), CURRENCY)
    if amount != asked.share.amount:
        raise Unverifiable("the answer speaks of another amount")
    match text(content, "result"):
        case "SUCCESS":
            return Succeeded(text(content, "return_id") or None, amount)
        case "PROCESSING":
            return Pending(channel_no=text(content, "return_id") or None)
        case "FAILED":
            reason = text(content, "fail_reason") or "FAILED"
            return Declined(reason, "the receiver did not give it back")
        case result:
            return unlisted_code(result, "a return in an unknown state")
