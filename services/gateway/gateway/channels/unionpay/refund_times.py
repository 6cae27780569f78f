"""In which second a refund is begun at UnionPay, which takes none that was begun an hour ago: one
that is sent late, because something was down, would be refused for ever.

Number and second are one refund there, and two seconds may be two refunds. So another second is
used only when nothing that was sent with the one before can be under way any more, and UnionPay,
asked for each of them, knows of none. Seconds follow one another by the period, each is used at the
beginning of its own, and nothing is sent for longer than a command lives before the next.

Source: open.unionpay.com (acpAPIId=901, 退货交易: txnTime)
"""

from datetime import datetime, timedelta
from typing import Final

from gateway.channels.formats import compact, read_compact
from gateway.channels.plugin import Refunding

PERIOD: Final = timedelta(minutes=90)

SENT_FOR: Final = timedelta(minutes=35)
"""Longer than trade-core waits between two commands, so that one of them falls into it."""

BEFORE: Final = timedelta(minutes=20)
"""How long before its period a second lies. A command is carried out in the half hour before its
lease ends, by which periods are told: the second is less than an hour from then, either way."""

PERIODS: Final = 16
"""A day. Each must be asked about before anything is sent."""


def usable(refunding: Refunding) -> tuple[str, ...]:
    """By which it may be sent now: the first is the refund's own number."""
    period, passed = _now(refunding)
    if passed >= SENT_FOR or period >= PERIODS:
        return ()
    return (_second(refunding, period) if period else refunding.refund_no,)


def later(refunding: Refunding) -> tuple[str, ...]:
    """By which it may have been sent, beside the first."""
    last = min(_now(refunding)[0], PERIODS - 1)
    return tuple(_second(refunding, period) for period in range(1, last + 1))


def is_first(refunding: Refunding) -> bool:
    return usable(refunding) == (refunding.refund_no,)


def begun_at(refunding: Refunding) -> datetime:
    """By the key by which it is sent or asked about."""
    return read_compact(refunding.key) or refunding.created_at


def _now(refunding: Refunding) -> tuple[int, timedelta]:
    """The period, and how much of it has passed by the end of the command's lease: by the clock
    that gave `created_at`, so that no other has a say."""
    until = refunding.lease_until or refunding.created_at
    return divmod(max(until - refunding.created_at, timedelta()), PERIOD)


def _second(refunding: Refunding, period: int) -> str:
    return compact(refunding.created_at + period * PERIOD - BEFORE)
