"""Give money back: `alipay.trade.refund`. Our refund number makes it happen once.

What receivers of splits give back for it is asked of them by the same call (退分账).

Source: opendocs.alipay.com/open/02ekfk
"""

from typing import Any

from gateway.channels.alipay import codes, limits, royalties, trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import cut_to_characters, read_spaced, text
from gateway.channels.plugin import (
    Answer,
    Call,
    Outcome,
    Pending,
    Refunding,
    Succeeded,
    Unverifiable,
)


def call(refunding: Refunding, account: Account) -> Call:
    content: dict[str, Any] = {
        "out_trade_no": refunding.trade.payment_no,
        "out_request_no": refunding.refund_no,
        "refund_amount": refunding.amount.decimal(),
        # Only who asks for it is told when a bank sends the money back.
        "query_options": ["deposit_back_info"],
    }
    if refunding.reason:
        content["refund_reason"] = cut_to_characters(
            refunding.reason, limits.REFUND_REASON_CHARACTERS
        )
    if refunding.returns:
        content["refund_royalty_parameters"] = [
            {
                "royalty_type": "transfer",
                "trans_out_type": royalties.type_of(share.account),
                "trans_out": share.account,
                "amount": share.amount.decimal(),
                "desc": share.return_no,
            }
            for share in refunding.returns
        ]
    return Call("POST", "alipay.trade.refund", body=content)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    """`refund_fee` is the sum of all refunds of the trade, so it is no word on this amount; by it
    is known what went back without us.

    `fund_change` says N also where an earlier call with this number moved the money: the query
    tells which.
    """
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    if text(answer.content, "out_trade_no") != refunding.trade.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    if text(answer.content, "fund_change") != "Y":
        return Pending()
    return Succeeded(
        at=read_spaced(text(answer.content, "gmt_refund_pay")),
        given_back=trade.given_back(answer.content),
    )
