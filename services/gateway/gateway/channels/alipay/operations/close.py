"""End a payment that is not paid: `alipay.trade.close`.

A payment code (付款码) is cancelled instead (`alipay.trade.cancel`), which gives the money back if
it was taken.

Source: opendocs.alipay.com/open/02o6e8 (close), 02ekfi (cancel)
"""

from contracts.api import Method
from gateway.channels.alipay import codes
from gateway.channels.alipay.credentials import Account
from gateway.channels.plugin import Answer, Call, Outcome, Succeeded, Trade, Unknown, Unverifiable
from gateway.channels.reading import text


def call(asked: Trade, account: Account) -> Call:
    verb = "cancel" if asked.method is Method.BARCODE else "close"
    return Call("POST", f"alipay.trade.{verb}", body={"out_trade_no": asked.payment_no})


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    table = codes.CANCEL if asked.method is Method.BARCODE else codes.CLOSE
    if refusal := codes.find_refusal(answer, table):
        return refusal
    if text(answer.content, "out_trade_no") != asked.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    if text(answer.content, "retry_flag") == "Y":
        return Unknown("retry_flag", "the cancellation must be repeated")
    return Succeeded()
