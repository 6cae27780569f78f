"""End a payment that is not paid: `alipay.trade.close`.

A payment code (付款码) is cancelled instead (`alipay.trade.cancel`), which gives the money back if
it was taken.

Source: opendocs.alipay.com/open/02o6e8 (close), 02ekfi (cancel)
"""

from collections.abc import Mapping
from typing import Any

from contracts.api import Method
from gateway.channels.alipay import codes
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import Answer, Call, Outcome, Succeeded, Trade, Unknown, Unverifiable


def call(asked: Trade, account: Account) -> Call:
    verb = "cancel" if asked.method is Method.BARCODE else "close"
    return Call("POST", f"alipay.trade.{verb}", body={"out_trade_no": asked.payment_no})


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    table = codes.CANCEL if asked.method is Method.BARCODE else codes.CLOSE
    if refusal := codes.find_refusal(answer, table):
        return refusal
    if text(answer.content, "out_trade_no") != asked.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    if asked.method is Method.BARCODE:
        return _cancelled(answer.content)
    return Succeeded()


def _cancelled(content: Mapping[str, Any]) -> Outcome:
    """`action` says what was done: the trade was unpaid and is closed, it was paid and the money
    went back, or, where it is absent, there was no trade. Whatever else it says, the query tells
    the end."""
    if text(content, "retry_flag") == "Y":
        return Unknown("retry_flag", "the cancellation must be repeated")
    match text(content, "action"):
        case "close":
            return Succeeded()
        case "refund":
            return Succeeded(is_reversed=True)
        case "" if not text(content, "trade_no"):
            return Succeeded(found=False)
        case "":
            return Unknown("action", "the cancellation does not say what it did")
        case action:
            return unlisted_code(action, "a cancellation with an unknown action")
