"""What payers and banks do: money moves here and nowhere else."""

from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.truth import Refund, Trade
from sandbox.truth.records import RefundState

REFUND_TAKES_S = 0.2  # between "accepted" and the money being back; hours in life


class NotPayable(Exception):
    """The trade is paid already, or closed."""


class Decided(Exception):
    """The refund has its final state already."""


def pay(deps: Deps, trade: Trade, *, amount: int | None = None, notify: bool = True) -> None:
    """The payer pays; `amount` is what a wrong cashier took. Raises NotPayable."""
    settle(deps, trade, amount=amount)
    if notify and trade.notify_url:
        deps.notifications.post(trade, trade.notify_url)


async def pay_early(deps: Deps, trade: Trade) -> None:
    """Pay, and have the notification answered before the merchant hears that the trade exists."""
    settle(deps, trade)
    if trade.notify_url:
        await deps.notifications.post_and_wait(trade, trade.notify_url)


def settle(deps: Deps, trade: Trade, *, amount: int | None = None) -> None:
    """The money is taken, and nobody is told. Raises NotPayable."""
    if trade.state != "created":
        raise NotPayable(trade.state)
    trade.state = "paid"
    trade.paid_amount = trade.amount if amount is None else amount
    trade.paid_at = now()
    deps.truth.save_trade(trade)


def close(deps: Deps, trade: Trade, reason: str) -> None:
    """Nobody can pay this trade any more."""
    trade.state = "closed"
    trade.closed_at = now()
    trade.details["closed_by"] = reason
    deps.truth.save_trade(trade)


def refundable(deps: Deps, trade: Trade) -> int:
    """What is left of the payment after all refunds that did not fail."""
    given = sum(each.amount for each in deps.truth.list_refunds(trade) if each.state != "failed")
    return trade.taken - given


def decide(deps: Deps, refund: Refund, state: RefundState, *, tell: bool = True) -> None:
    """The bank is done with a refund. Raises Decided."""
    if refund.state != "processing":
        raise Decided(refund.state)
    refund.state = state
    refund.held = False
    refund.finished_at = now()
    deps.truth.save_refund(refund)
    if tell and refund.notify_url and state in deps.parties[refund.channel].notified_refunds:
        trade = deps.truth.get_trade(refund.trade_id)
        deps.notifications.post(trade, refund.notify_url, refund)


def succeed_later(deps: Deps, refund: Refund) -> None:
    """The bank needs a moment; a refund that is held waits for the control API."""
    if not refund.held:
        deps.later.call(REFUND_TAKES_S, _succeed, deps, refund.id)


def _succeed(deps: Deps, refund_id: int) -> None:
    refund = deps.truth.get_refund(refund_id)
    if refund.state == "processing" and not refund.held:
        decide(deps, refund, "succeeded")
