"""Give money back (退货). Taken is not returned: the query and a notification tell how it went.

Where an undo (消费撤销) came first, it has our number at UnionPay, and this one has it lengthened.

Source: open.unionpay.com (acpAPIId=901, backTransReq 退货交易)
"""

from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, Pending, Refunding, Trade
from gateway.channels.unionpay import codes, refund_times, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.operations import undo
from gateway.channels.unionpay.wire import BACK_PATH


def call(refunding: Refunding, account: Account) -> Call:
    """The payment is named by its queryId; by our own number and second only where we do not know
    that. `reqReserved` comes back in the notification."""
    paid = refunding.trade
    return Call(
        "POST",
        BACK_PATH,
        body={
            "txnType": trade.REFUND,
            "txnSubType": "00",
            **trade.product(paid.method),
            **trade.key(number_of(refunding), refund_times.begun_at(refunding)),
            "txnAmt": str(refunding.amount.amount_minor),
            **_original(paid),
            "backUrl": refunding.notify_url,
            "reqReserved": paid.payment_no,
        },
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    trade.check_it_is(answer.content, number_of(refunding), refund_times.begun_at(refunding))
    return Pending(channel_no=text(answer.content, "queryId") or None)


def _original(paid: Trade) -> dict[str, str]:
    if paid.channel_trade_no is not None:
        return {"origQryId": paid.channel_trade_no}
    named = trade.key(paid.payment_no, paid.begun_at)
    return {"origOrderId": named["orderId"], "origTxnTime": named["txnTime"]}


def number_of(refunding: Refunding) -> str:
    """Under which `orderId` it is a refund at UnionPay."""
    follows = undo.is_for(refunding)
    return trade.number_after_undo(refunding.refund_no) if follows else refunding.refund_no
