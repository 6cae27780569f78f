"""How long UnionPay lets texts be.

Source: open.unionpay.com (acpAPIId=901, orderDesc)
"""

from typing import Final

DESCRIPTION_BYTES: Final = 32
