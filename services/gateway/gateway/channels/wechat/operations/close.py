"""End a payment that is not paid: nobody can pay it after that. Repeatable.

A payment code (付款码) is reversed instead, which gives the money back if it was taken.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791860 (close), 4013421366 (reverse)
"""

from contracts.api import Method
from gateway.channels.formats import text
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import Answer, Call, Outcome, Succeeded, Trade, Unknown
from gateway.channels.wechat import codes
from gateway.channels.wechat.account import Account


def call(asked: Trade, account: Account) -> Call:
    path = account.path(f"out-trade-no/{asked.payment_no}")
    if asked.method is Method.BARCODE:
        return Call("POST", f"{path}/reverse", body=account.names())
    return Call("POST", f"{path}/close", body=account.merchants())


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.CLOSE):
        return refusal
    if asked.method is not Method.BARCODE:
        return Succeeded()
    match text(answer.content, "recall"):
        case "N" | "":
            # It does not say whether there was money; if there was, it went back.
            return Succeeded(is_reversed=True)
        case "Y":
            return Unknown("recall", "the reversal must be repeated")
        case recall:
            return unlisted_code(recall, "a reversal in an unknown state")
