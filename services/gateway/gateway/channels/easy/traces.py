"""`orgTrace`, 易生's form of our numbers: 28 characters, unique under one orgId.

Four first and four last characters of orgId, a second in Beijing, and six digits of our own. Ours
are a serial and the second in which it was drawn: one trace for one number, as long as fewer than
800,000 serials are drawn in a second. Questions have traces too, in what is left of the digits.

Payments and refunds from before there were serials keep the trace they were sent under, whose six
digits are a hash of the number.

Source: apifox.com/apidoc/docs-site/2466304 (envelope)
"""

import hashlib
from datetime import datetime
from typing import Final

from gateway.channels.formats import compact
from gateway.channels.plugin import PayOrder, Refunding, Serial, Trade

SERIALS: Final = 800_000
QUESTIONS: Final = 200_000


def trace_of(org_id: str, subject: PayOrder | Trade | Refunding) -> str:
    """The trace of a payment or refund; the same at each repeat."""
    number = subject.refund_no if isinstance(subject, Refunding) else subject.payment_no
    match subject.serial:
        case Serial(number=serial, drawn_at=drawn_at):
            return _trace(org_id, drawn_at, serial % SERIALS)
        case None:
            return _trace(org_id, subject.created_at, _hash(number) % 10**6)


def of_question(org_id: str, nonce: str, asked_at: datetime) -> str:
    """The trace of a call that moves nothing; never that of a payment or refund with a serial."""
    return _trace(org_id, asked_at, SERIALS + _hash(nonce) % QUESTIONS)


def date_of(trace: str) -> str:
    """The day that stands in a trace, `yyyyMMdd`: what 易生 calls `oriBizDate`."""
    return trace[8:16]


def is_trace_of(org_id: str, trace: str) -> bool:
    """Whether this has the form of a trace of ours."""
    tail = trace[8:]
    return trace[:8] == org_id[:4] + org_id[-4:] and len(tail) == 20 and tail.isdecimal()


def _trace(org_id: str, moment: datetime, digits: int) -> str:
    return f"{org_id[:4]}{org_id[-4:]}{compact(moment)}{digits:06d}"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
