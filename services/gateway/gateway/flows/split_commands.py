"""Splits (分账), and refunds of what was split: asked of the channel for trade-core."""

from contracts.events.commands import RefundRef, SplitRef
from contracts.events.results import RefundResult, Source, SplitResult
from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    Outcome,
    Pending,
    Refunding,
    Share,
    SplitReturn,
    SplitReturning,
    Splitting,
    Succeeded,
    Trade,
)
from gateway.directory import ChannelAccount
from gateway.flows.deps import Deps
from gateway.outgoing.results import refund_result, split_result


async def split(deps: Deps, account: ChannelAccount, splitting: Splitting) -> SplitResult:
    """Send the split; the same one may have been sent before."""
    outcome = await deps.executor.split(account, splitting)
    return _result(account, splitting, Source.SPLIT, outcome)


async def query(deps: Deps, account: ChannelAccount, splitting: Splitting) -> SplitResult:
    """Ask how the split stands."""
    outcome = await deps.executor.query_split(account, splitting)
    return _result(account, splitting, Source.QUERY_SPLIT, outcome)


async def refund(deps: Deps, account: ChannelAccount, refunding: Refunding) -> RefundResult:
    """Send the refund when all that receivers owe to it is back; until then it is pending.

    Where one of them never gives back, the refund is declined, but not before it is known of the
    others whether they did.
    """
    splits, returned = account.plugin.splits, []
    if refunding.returns and (splits is None or splits.return_split is not None):
        owed = [
            SplitReturning(refunding.trade, each, refunding.reason) for each in refunding.returns
        ]
        answers = [(each.share, await deps.executor.return_split(account, each)) for each in owed]
        returned = [share.return_no for share, outcome in answers if isinstance(outcome, Succeeded)]
        hindrance = _hindrance([outcome for _, outcome in answers])
        if hindrance is not None:
            return _refunded(account, refunding, hindrance, returned)
    return _refunded(account, refunding, await deps.executor.refund(account, refunding), returned)


def splitting_of(trade: Trade, ref: SplitRef) -> Splitting:
    """The split in the words of a plugin."""
    currency = trade.amount.currency
    return Splitting(
        trade=trade,
        split_no=ref.split_no,
        shares=tuple(
            Share(each.account, Money(each.amount, currency), each.description)
            for each in ref.receivers
        ),
        is_last=ref.finish,
        created_at=ref.created_at,
        channel_split_no=ref.channel_split_no,
    )


def returns_of(trade: Trade, ref: RefundRef) -> tuple[SplitReturn, ...]:
    """What receivers of splits give back for the refund."""
    currency = trade.amount.currency
    return tuple(
        SplitReturn(each.split_no, each.account, Money(each.amount, currency), each.return_no)
        for each in ref.returns
    )


def _hindrance(answers: list[Outcome]) -> Outcome | None:
    """Why the refund cannot be sent; what is not known of any return keeps it pending."""
    unclear = next((each for each in answers if not isinstance(each, Succeeded | Declined)), None)
    if unclear is not None:
        return Pending(asked_at=unclear.asked_at, said_at=unclear.said_at)
    return next((each for each in answers if isinstance(each, Declined)), None)


def _result(
    account: ChannelAccount, splitting: Splitting, source: Source, outcome: Outcome
) -> SplitResult:
    payment_no = splitting.trade.payment_no
    return split_result(account, splitting.split_no, payment_no, source, outcome)


def _refunded(
    account: ChannelAccount, refunding: Refunding, outcome: Outcome, returned: list[str]
) -> RefundResult:
    payment_no = refunding.trade.payment_no
    result = refund_result(account, refunding.refund_no, payment_no, Source.REFUND, outcome)
    return result.model_copy(update={"returned": returned})
