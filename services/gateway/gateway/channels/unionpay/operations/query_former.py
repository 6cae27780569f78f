"""What became of a payment that the payer chose on our page while a release before 0.2.0 ran: its
txnTime was the second in which the order was made, whenever the payer chose.

Source: open.unionpay.com (acpAPIId=901, queryTrans)
"""

from gateway.channels.plugin import Answer, Call, Declined, Outcome, Pending, Trade
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.operations import query


def is_for(asked: Trade, known: Outcome) -> bool:
    """Where UnionPay knows no trade of the second in which the payer chose, and it was another."""
    number = asked.payment_no
    return _is_absent(known) and (
        trade.key(number, asked.created_at) != trade.key(number, asked.begun_at)
    )


def call(asked: Trade, account: Account) -> Call:
    return trade.ask_about(asked.method, asked.payment_no, asked.created_at)


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    return query.read(answer, asked, asked.created_at)


def _is_absent(known: Outcome) -> bool:
    match known:
        case Pending(found=found):
            return not found
        case Declined(code=code, closed=True):
            return code == codes.NOT_FOUND
        case _:
            return False
