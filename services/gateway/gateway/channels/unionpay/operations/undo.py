"""Take a whole payment back on its clearing day (消费撤销), by its queryId.

Taken is not returned: the query and a notification tell how it went. Issuers may refuse it. A
refund has its own number here, so that UnionPay takes no second transaction for it: what was sent
as 退货, before it was known that an undo can be made, is found by the query for the undo.

Source: open.unionpay.com (acpAPIId=901, 消费撤销交易). The end of UnionPay's day, 23:00 Beijing
time, is known in the trade and stands on no page that we have read.
"""

from datetime import date, datetime
from typing import Final

from gateway.channels.formats import BEIJING
from gateway.channels.plugin import Answer, Call, Outcome, Pending, Refunding
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import BACK_PATH

LAST_HOUR: Final = 22
"""From this hour on neither a payment nor a refund counts for the day: an hour before UnionPay
clears, so that two clocks, and a call that is sent again, agree about the day."""


def is_for(refunding: Refunding) -> bool:
    """Of all that was paid, on the day on which it was paid. Older senders do not tell when."""
    paid = refunding.trade
    return (
        paid.channel_trade_no is not None
        and paid.paid_at is not None
        and refunding.amount == paid.amount
        and _day(refunding.created_at) is not None
        and _day(refunding.created_at) == _day(paid.paid_at)
    )


def call(refunding: Refunding, account: Account) -> Call:
    """`reqReserved` comes back in the notification."""
    paid = refunding.trade
    return Call(
        "POST",
        BACK_PATH,
        body={
            "txnType": trade.UNDO,
            "txnSubType": "00",
            **trade.product(paid.method),
            **trade.key(refunding.refund_no, refunding.created_at),
            "txnAmt": str(refunding.amount.amount_minor),
            "origQryId": paid.channel_trade_no,
            "backUrl": refunding.notify_url,
            "reqReserved": paid.payment_no,
        },
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    trade.check_it_is(answer.content, refunding.refund_no, refunding.created_at)
    return Pending()


def _day(moment: datetime) -> date | None:
    """The Beijing day; None where UnionPay may count the moment for the next."""
    there = moment.astimezone(BEIJING)
    return there.date() if there.hour < LAST_HOUR else None
