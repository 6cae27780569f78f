"""Split returns (分账回退): what receivers of splits give back for a refund.

Planned with the refund and never changed after that; done by the channel before, or with, it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from contracts.api import ShareStatus
from trade_core.domain.split import Return, Share, Split


def plan(splits: Iterable[Split], missing: int, refund_no: str) -> tuple[Return, ...]:
    """Who gives back what, so that `missing` comes together: the latest split first, its receivers
    in order. Together they must hold as much."""
    returns: list[Return] = []
    for split in sorted(splits, key=lambda split: (split.created_at, split.split_no), reverse=True):
        for share in split.shares:
            amount = min(share.held, missing)
            if amount > 0:
                number = f"{refund_no}-{len(returns) + 1}"
                returns.append(Return(split.split_no, share.account, amount, number))
                missing -= amount
    return tuple(returns)


def held(splits: Iterable[Split]) -> int:
    """What all receivers have that they could return."""
    return sum(share.held for split in splits for share in split.shares)


def begun(split: Split, returns: Iterable[Return]) -> Split:
    """The split while these are on their way back."""
    return _with_shares(split, returns, _going)


def ended(split: Split, returns: Iterable[Return]) -> Split:
    """The split when the refund is decided: what is back is back, the rest stays with them."""
    return _with_shares(split, returns, _gone)


def marked(returns: Sequence[Return], back: Collection[str]) -> tuple[Return, ...]:
    """The returns, those whose number is in `back` as given back."""
    return tuple(replace(one, is_back=one.is_back or one.return_no in back) for one in returns)


def still_kept(returns: Iterable[Return]) -> tuple[Return, ...]:
    """Those that the receivers have not given back."""
    return tuple(one for one in returns if not one.is_back)


def are_held(returns: Iterable[Return], splits: Mapping[str, Split]) -> bool:
    """Whether the receivers still have what these would take from them."""
    has = {
        (number, share.account): share.held
        for number, split in splits.items()
        for share in split.shares
    }
    return all(one.amount <= has.get((one.split_no, one.account), 0) for one in returns)


def _going(share: Share, one: Return) -> Share:
    return replace(share, amount_returning=share.amount_returning + one.amount)


def _gone(share: Share, one: Return) -> Share:
    share = replace(share, amount_returning=share.amount_returning - one.amount)
    if not one.is_back:
        return share
    returned = share.amount_returned + one.amount
    state = ShareStatus.RETURNED if returned == share.amount else share.state
    return replace(share, amount_returned=returned, state=state)


def _with_shares(
    split: Split, returns: Iterable[Return], change: Callable[[Share, Return], Share]
) -> Split:
    by_account = {one.account: one for one in returns if one.split_no == split.split_no}
    shares = tuple(
        change(share, by_account[share.account]) if share.account in by_account else share
        for share in split.shares
    )
    return replace(split, shares=shares)
