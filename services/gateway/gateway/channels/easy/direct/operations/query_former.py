"""What became of a payment that the payer chose on our page while a release before 0.2.0 ran: its
day was that on which the order was made, whenever the payer chose.

Source: s.apifox.cn/9758ecc8 (trade/tradeQuery)
"""

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import codes, trade
from gateway.channels.easy.direct.operations import query
from gateway.channels.plugin import Call, Outcome, Trade, Unknown


def is_for(asked: Trade, known: Outcome) -> bool:
    """Where 易生 finds no trade of the day on which the payer chose, and it was another; that is
    one of the codes that say as well that nobody answered."""
    is_missing = isinstance(known, Unknown) and codes.row_of(known.code) == codes.FAMILY
    return is_missing and trade.day_of(asked.created_at) != trade.day_of(asked.begun_at)


def call(asked: Trade, account: Account) -> Call:
    return query.of_day(asked, asked.created_at, account)
