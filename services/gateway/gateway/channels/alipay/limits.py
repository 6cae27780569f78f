"""How long Alipay lets texts be, in characters, how much may be paid at once, how far apart refunds
are, and how long a code lives.

Source: opendocs.alipay.com/open/02ekfg (create), 02ekfk (refund), 02o6e1 (settle), 02ivbs (wap:
return_url, quit_url)
"""

from datetime import timedelta
from typing import Final

SUBJECT_CHARACTERS: Final = 256
REFUND_REASON_CHARACTERS: Final = 256
SPLIT_DESCRIPTION_CHARACTERS: Final = 1000
RETURN_URL_CHARACTERS: Final = 256
QUIT_URL_CHARACTERS: Final = 400

MAX_AMOUNT: Final = 10_000_000_000
"""`total_amount` goes up to 100000000 yuan."""

REFUNDS_APART_S: Final = 4
"""Refunds of one trade are asked for three seconds apart, and somewhat more for the way."""

CODE_LIVES: Final = timedelta(hours=2)
"""`qr_code` of a precreated trade."""
