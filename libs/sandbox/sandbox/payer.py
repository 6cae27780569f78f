"""What payers and banks do: money moves here and nowhere else."""

from sandbox.clock import now
from sandbox.truth import Refund, Trade
from sandbox.truth.records import RefundState
from sandbox.world import World

REFUND_TAKES_S = 0.2  # between "accepted" and the money being back; hours in life


class NotPayable(Exception):
    """The trade is paid already, or closed."""


class Decided(Exception):
    """The refund has its final state already."""


def pay(world: World, trade: Trade, *, amount: int | None = None, notify: bool = True) -> None:
    """The payer pays; `amount` is what a wrong cashier took. Raises NotPayable."""
    settle(world, trade, amount=amount)
    if notify and trade.notify_url:
        world.notices.post(trade, trade.notify_url)


async def pay_early(world: World, trade: Trade) -> None:
    """Pay, and have the notice answered before the merchant hears that the trade exists."""
    settle(world, trade)
    if trade.notify_url:
        await world.notices.post_and_wait(trade, trade.notify_url)


def settle(world: World, trade: Trade, *, amount: int | None = None) -> None:
    """The money is taken, and nobody is told. Raises NotPayable."""
    if trade.state != "created":
        raise NotPayable(trade.state)
    trade.state = "paid"
    trade.paid_amount = trade.amount if amount is None else amount
    trade.paid_at = now()
    world.truth.save_trade(trade)


def close(world: World, trade: Trade, reason: str) -> None:
    """Nobody can pay this trade any more."""
    trade.state = "closed"
    trade.closed_at = now()
    trade.details["closed_by"] = reason
    world.truth.save_trade(trade)


def refundable(world: World, trade: Trade) -> int:
    """What is left of the payment after all refunds that did not fail."""
    given = sum(each.amount for each in world.truth.list_refunds(trade) if each.state != "failed")
    return trade.taken - given


def decide(world: World, refund: Refund, state: RefundState, *, tell: bool = True) -> None:
    """The bank is done with a refund. Raises Decided."""
    if refund.state != "processing":
        raise Decided(refund.state)
    refund.state = state
    refund.held = False
    refund.finished_at = now()
    world.truth.save_refund(refund)
    if tell and refund.notify_url:
        trade = world.truth.get_trade(refund.trade_id)
        world.notices.post(trade, refund.notify_url, refund)


def succeed_later(world: World, refund: Refund) -> None:
    """The bank needs a moment; a refund that is held waits for the control API."""
    if not refund.held:
        world.later.call(REFUND_TAKES_S, _succeed, world, refund.id)


def _succeed(world: World, refund_id: int) -> None:
    refund = world.truth.get_refund(refund_id)
    if refund.state == "processing" and not refund.held:
        decide(world, refund, "succeeded")
