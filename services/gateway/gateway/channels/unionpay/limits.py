"""How long UnionPay lets texts be, and how much may be paid at once.

Source: open.unionpay.com (acpAPIId=901: orderDesc, frontUrl, txnAmt)
"""

from typing import Final

from contracts.money import Money
from gateway.channels.formats import more_than

DESCRIPTION_BYTES: Final = 32
FRONT_URL_CHARACTERS: Final = 256

MAX_AMOUNT: Final = Money(999_999_999_999, "CNY")
"""`txnAmt` has twelve digits."""


def amount_fault(money: Money) -> str:
    return more_than(MAX_AMOUNT, money)
