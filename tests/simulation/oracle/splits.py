"""Splits (分账): receivers have what our books say, and the same money is never promised twice."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.centre_books import Books
from tests.simulation.division import Part
from tests.simulation.truth import Truth

from contracts.api import RefundStatus, ShareStatus, SplitStatus
from contracts.events.configuration import RefundSplits
from trade_core.domain.split import Share, Split

GIVEN: Final = {ShareStatus.SUCCEEDED, ShareStatus.RETURNED}


def splits_are_the_truth(books: Books, truth: Truth) -> Iterator[str]:
    divisions = truth.divisions()
    for number in sorted(divisions.keys() - books.splits.keys()):
        yield f"the channel has split {number}, and nobody here knows it"
    for split in books.splits.values():
        there = divisions.get(split.split_no)
        parts = {} if there is None else {part.account: part for part in there.parts}
        for share in split.shares:
            called = _called_back_for_stuck_refunds(books, split, share)
            yield from _differences(split, share, parts.get(share.account), called=called)
        is_whole = all(share.state in GIVEN for share in split.shares)
        if is_whole != (split.state is SplitStatus.SUCCEEDED):
            yield f"{split.split_no} is {split.state}, whatever its shares say"


def _called_back_for_stuck_refunds(books: Books, split: Split, share: Share) -> int:
    """What a receiver gave back for refunds that a person must still decide about; for one that
    had arrived before it bounced, it is back for good."""
    returns = [
        one
        for refund in books.refunds.values()
        if refund.state is RefundStatus.ABNORMAL and refund.turn == 0
        for one in refund.returns
    ]
    place = split.split_no, share.account
    return sum(one.amount for one in returns if (one.split_no, one.account) == place)


def _differences(split: Split, share: Share, part: Part | None, *, called: int) -> Iterator[str]:
    what = f"{split.split_no} to {share.account}"
    given, returned = (0, 0) if part is None else (part.given, part.returned)
    ours = share.amount if share.state in GIVEN else 0
    if given != ours:
        yield f"{what}: given {given} there and {ours} here"
    if returned != share.amount_returned + called:
        yield f"{what}: back {returned} there and {share.amount_returned} here"
    if share.amount_returning != called:
        yield f"{what}: {share.amount_returning} still on its way back, and not {called}"


def nobody_is_given_what_is_gone(books: Books, truth: Truth) -> Iterator[str]:
    """Unless the app has refunds paid from the merchant's own money."""
    if books.refund_splits is RefundSplits.KEEP:
        return
    for trade in truth.trades.values():
        held = sum(part.held for each in trade.divisions.values() for part in each.parts)
        if trade.taken < trade.returned - trade.returned_outside + held:
            yield f"{trade.payment_no}: {trade.taken} taken, {trade.returned} back, {held} split"
