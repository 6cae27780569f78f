"""How long UnionPay lets texts be, and how much may be paid at once.

Source: open.unionpay.com (acpAPIId=901: orderDesc, frontUrl, txnAmt)
"""

from typing import Final

DESCRIPTION_BYTES: Final = 32
FRONT_URL_CHARACTERS: Final = 256

MAX_AMOUNT: Final = 999_999_999_999
"""`txnAmt` has twelve digits."""
