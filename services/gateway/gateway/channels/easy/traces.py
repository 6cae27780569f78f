"""`orgTrace`, 易生's form of our numbers: 28 characters, made from the number and its birth.

Four first and four last characters of orgId, the second in Beijing, and six digits of our own.
The same number always gives the same trace, so that a repeated call is the same call. The six
digits are a hash: two payments of one institution in one second collide once in a million.

Source: apifox.com/apidoc/docs-site/2466304 (envelope)
"""

import hashlib
from datetime import datetime

from gateway.channels.beijing import compact


def trace(org_id: str, number: str, born_at: datetime) -> str:
    return f"{org_id[:4]}{org_id[-4:]}{compact(born_at)}{_digits(number)}"


def date_of(trace: str) -> str:
    """The day that stands in a trace, `yyyyMMdd`: what 易生 calls `oriBizDate`."""
    return trace[8:16]


def belongs(trace: str, number: str) -> bool:
    """Whether this trace was made from this number."""
    return trace[-6:] == _digits(number)


def _digits(number: str) -> str:
    return f"{int.from_bytes(hashlib.sha256(number.encode()).digest()[:8]) % 10**6:06d}"
