"""What became of a split, asked by our number: `alipay.trade.order.settle.query`.

Source: opendocs.alipay.com/open/02o6e0
"""

from gateway.channels.alipay import codes, royalties
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.plugin import (
    Answer,
    Call,
    Outcome,
    Pending,
    Splitting,
    Succeeded,
    Unknown,
    Unverifiable,
)


def call(splitting: Splitting, account: Account) -> Call:
    content = {"out_request_no": splitting.split_no, "trade_no": royalties.trade_no(splitting)}
    return Call("POST", "alipay.trade.order.settle.query", body=content)


def outcome(answer: Answer, splitting: Splitting, account: Account) -> Outcome:
    """It is over when everybody is named and nobody is waiting."""
    if refusal := codes.find_refusal(answer, codes.QUERY_SPLIT):
        return refusal
    if text(answer.content, "out_request_no") != splitting.split_no:
        raise Unverifiable("the answer speaks of another split")
    found = royalties.read(answer.content, splitting)
    if isinstance(found, Unknown):
        return found
    shares, number = tuple(found), splitting.channel_split_no
    is_over = len(shares) == len(splitting.shares) and all(
        share.status != "processing" for share in shares
    )
    if is_over:
        return Succeeded(number, shares=shares)
    return Pending(channel_no=number, shares=shares)
