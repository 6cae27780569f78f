"""Which of our refunds a channel's total of what went back may count, and which it surely does."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from contracts.api import RefundCause, RefundStatus
from trade_core.domain.payment import OutsideWord
from trade_core.domain.refund import DENIED, Refund

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A channel's clock and ours differ by less: a refund that was begun later is in no total."""

MAX_OTHERS: Final = 12
"""Refunds of one payment in flight at once whose sums are all tried: 4,096 of them."""


def explained(begun: Sequence[Refund], total: OutsideWord) -> int:
    """How much of the total our refunds explain at most: the certain ones, and of the others those
    that fit best, for a refund goes back whole or not at all. Of what was booked as made outside by
    a later word any part may be in the total. A number that is none of ours says that some of the
    total is not ours."""
    certain = sum(one.amount for one in begun if is_certain(one, total))
    left = total.amount - certain
    if unused(total.channel_refund_no, begun) is not None:
        left -= 1
    others = [
        one.amount
        for one in begun
        if may_explain(one, total.asked_at) and not is_certain(one, total)
    ]
    if left <= 0 or len(others) > MAX_OTHERS:
        return certain + sum(others)
    later = sum(one.amount for one in begun if _is_from_later_word(one, total))
    most = left + later
    return certain - later + min(most, max(_sums(others, most)) + later)


def may_be_beside(begun: Sequence[Refund], total: OutsideWord) -> set[int]:
    """How much of the total may be none of our refunds, by what of the doubtful ones it counts."""
    left = total.amount - sum(one.amount for one in begun if is_certain(one, total))
    others = [
        one.amount
        for one in begun
        if may_explain(one, total.asked_at) and not is_certain(one, total)
    ]
    if left <= 0 or len(others) > MAX_OTHERS:
        return {0}
    return {left - known for known in _sums(others, left)}


def _sums(amounts: Sequence[int], most: int) -> set[int]:
    """All that these, each of them whole or not at all, come to."""
    sums = {0}
    for amount in amounts:
        sums |= {known + amount for known in sums if known + amount <= most}
    return sums


def _is_from_later_word(refund: Refund, total: OutsideWord) -> bool:
    if refund.cause is not RefundCause.EXTERNAL or refund.last_said_at is None:
        return False
    return refund.last_said_at > total.said_at


def is_begun(refund: Refund, total: OutsideWord) -> bool:
    return (
        refund.cause is RefundCause.EXTERNAL or refund.created_at <= total.said_at + CLOCKS_DIFFER
    )


def may_explain(refund: Refund, asked_at: datetime) -> bool:
    """Whether what the channel said at that time may count the refund: not where it has denied the
    refund before. An older word may be from when it stood there, if it ever did: a bounce takes it
    back."""
    if refund.state is not RefundStatus.FAILED or refund.last_fact not in DENIED:
        return True
    has_stood_there = refund.turn > 0 or refund.channel_refund_no is not None
    is_older = refund.last_said_at is not None and asked_at < refund.last_said_at
    return has_stood_there and is_older


def is_certain(refund: Refund, total: OutsideWord) -> bool:
    """Whether the channel had surely returned it when the total was asked for."""
    if refund.cause is RefundCause.EXTERNAL:
        return True
    if refund.refund_no == total.refund_no:
        return refund.is_at_channel
    said_at = refund.last_said_at or refund.refunded_at
    return refund.is_at_channel and said_at is not None and said_at <= total.asked_at


def is_doubtful(begun: Collection[Refund], total: OutsideWord) -> bool:
    return any(may_explain(one, total.asked_at) and not is_certain(one, total) for one in begun)


def unused(channel_refund_no: str | None, refunds: Collection[Refund]) -> str | None:
    """The number of the latest refund may be that of one of ours."""
    taken = {one.channel_refund_no for one in refunds} | {one.refund_no for one in refunds}
    return None if channel_refund_no in taken else channel_refund_no
