"""A refund that could not reach the payer's account (异常退款): sent to the merchant's own instead.

To the payer's other bank card it could go too, but that card only the payer can tell a person, who
does it in WeChat Pay's merchant platform.

Source: pay.weixin.qq.com/doc/v3/merchant/4013071193
"""

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.wechat import codes
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.operations.refund import read


def call(refunding: Refunding, account: Account) -> Call:
    """By WeChat Pay's own number of the refund; raises ValueError where that is not known."""
    if refunding.channel_refund_no is None:
        raise ValueError("the refund has no number of WeChat Pay yet")
    number = refunding.channel_refund_no
    body = {
        **account.sub_merchant(),
        "out_refund_no": refunding.refund_no,
        "type": "MERCHANT_BANK_CARD",
    }
    path = f"/v3/refund/domestic/refunds/{number}/apply-abnormal-refund"
    return Call("POST", path, body=body)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    """A refusal leaves the refund as it is: abnormal, or settled meanwhile."""
    return codes.find_refusal(answer, codes.REFUND_ABNORMAL) or read(answer, refunding)
