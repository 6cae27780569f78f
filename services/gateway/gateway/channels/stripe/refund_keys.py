"""By which keys a refund is sent. Stripe repeats its first answer to a key for a day at least, its
refusals too, so that a refund refused for lack of balance is made only by another key; and two keys
may be two refunds.

So each day of the refund has keys of its own, one for each hour, and a key is used only after
Stripe *repeated* its refusal of the one before: then that one is refused for as long as Stripe
keeps it, in whatever order calls arrive. In the last hour of a day nothing is sent, so that nothing
of it is under way any more, and no key of it forgotten, when the next day begins with the question
whether the refund was made.

Source: docs.stripe.com/api/idempotent_requests, docs.stripe.com/error-low-level (Idempotency)
"""

from datetime import timedelta
from typing import Final

from gateway.channels.plugin import Refunding

HOUR: Final = timedelta(hours=1)
KEPT: Final = timedelta(hours=24)
"""How long Stripe remembers a key, at least."""

HOURS_SENT: Final = 23


def usable(refunding: Refunding) -> tuple[str, ...]:
    """In this order; none in an hour in which nothing is sent. Counted from when the refund was
    asked for, by that same clock, so that no other has a say."""
    until = refunding.lease_until or refunding.created_at
    day, passed = divmod(max(until - refunding.created_at, timedelta()), KEPT)
    hour = passed // HOUR
    if hour >= HOURS_SENT:
        return ()
    return tuple(_key(refunding.refund_no, day, each) for each in range(hour + 1))


def _key(refund_no: str, day: int, hour: int) -> str:
    return f"{refund_no}-{day}-{hour}" if day or hour else refund_no
