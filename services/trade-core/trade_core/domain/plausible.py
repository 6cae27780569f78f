"""What a channel's word may contain at most (`strangers-text-stops-nothing`).

A number that no ledger holds is refused with its word. A time that cannot be is as good as none:
the rest of the word counts. No money moved later than its word was written down, whatever clock
dated it: money that was in time would be sent back as late.
"""

from datetime import UTC, datetime
from typing import Final, TypeVar

from contracts.events.envelope import CloudEvent
from contracts.events.results import PaymentResult, RefundResult, SplitResult

ResultT = TypeVar("ResultT", PaymentResult, RefundResult, SplitResult)

MAX_AMOUNT: Final = 10**15
"""A thousand times the largest payment: a sum that a channel states."""

MAX_NUMBER_CHARS: Final = 256
"""Longer than the numbers of all channels; an index must hold them."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_AMOUNTS: Final = ("amount", "amount_refunded", "channel_refund_amount")
_NUMBERS: Final = (
    "channel_trade_no", "earlier_trade_no", "channel_refund_no", "channel_split_no", "currency",
)  # fmt: skip
_MOVED: Final = ("paid_at", "refunded_at")
_STATED: Final = ("asked_at", "said_at")


class Implausible(ValueError):
    """What a stranger stated and nobody can keep."""


def plausible(event: CloudEvent[ResultT]) -> CloudEvent[ResultT]:
    """The event with times that can be. Raises Implausible for what cannot be kept."""
    members = vars(event.data)
    for name in _AMOUNTS:
        if abs(members.get(name) or 0) > MAX_AMOUNT:
            raise Implausible(f"/data/{name} is out of range")
    for name in _NUMBERS:
        if len(members.get(name) or "") > MAX_NUMBER_CHARS:
            raise Implausible(f"/data/{name} is too long")
    time = _moment(event.time)
    if time is None:
        raise Implausible("/time is out of range")
    odd: dict[str, datetime | None] = {}
    for name in (*_MOVED, *_STATED):
        stated = members.get(name)
        kept = _moment(stated) if stated else None
        if kept and name in _MOVED:
            kept = min(kept, time)
        if kept is not stated:
            odd[name] = kept
    if not odd and time is event.time:
        return event
    data = event.data.model_copy(update=odd)
    return event.model_copy(update={"time": time, "data": data})


def _moment(given: datetime) -> datetime | None:
    """Without a zone it is taken for UTC; None where it cannot be."""
    moment = given if given.tzinfo else given.replace(tzinfo=UTC)
    return moment if EARLIEST <= moment < LATEST else None
