"""What happens at a third party without the merchant's program: refunds made by people in its
console, refunds that a payer's bank sends back, and what it takes back itself.
"""

import secrets

from sandbox import payer
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.truth import Refund, Trade

MIN_NUMBER = 10**11


class NotRefundable(Exception):
    """The trade is not paid, or has less than this left."""


class NotReturned(Exception):
    """The refund has not succeeded, so that nothing can come back."""


def refund_in_console(deps: Deps, trade: Trade, amount: int, *, notify: bool) -> Refund:
    """A person gives money back, under a number of the console's own. Raises NotRefundable."""
    if trade.state != "paid" or amount > payer.refundable(deps, trade):
        raise NotRefundable(trade.state)
    number = f"console{MIN_NUMBER + secrets.randbelow(9 * MIN_NUMBER)}"
    refund = Refund(
        trade_id=trade.id,
        channel=trade.channel,
        merchant=trade.merchant,
        number=number,
        refund_no=number,
        channel_refund_no=deps.parties[trade.channel].refund_number(),
        amount=amount,
        reason="",
        notify_url=_notify_url(deps, trade) if notify else "",
        created_at=now(),
        details={"signer": trade.details["signer"]} if "signer" in trade.details else {},
    )
    deps.truth.add_refund(refund)
    payer.decide(deps, refund, "succeeded")
    return refund


def bounce(deps: Deps, refund: Refund, *, notify: bool) -> None:
    """The payer's bank sends a refund back that had arrived. Raises NotReturned."""
    if refund.state != "succeeded":
        raise NotReturned(refund.state)
    refund.state = "abnormal"
    refund.details["bounced"] = now()
    deps.truth.save_refund(refund)
    trade = deps.truth.get_trade(refund.trade_id)
    url = refund.notify_url or _notify_url(deps, trade)
    if notify and url:
        deps.notifications.post(trade, url, refund)


def dispute(deps: Deps, trade: Trade, amount: int, *, notify: bool) -> None:
    """The payer's bank takes money back (chargeback). Raises NotRefundable."""
    if trade.state != "paid" or amount > payer.refundable(deps, trade):
        raise NotRefundable(trade.state)
    number = f"dp_1{secrets.token_hex(12)}"
    trade.details["dispute"] = {"id": number, "amount": amount, "at": now()}
    deps.truth.save_trade(trade)
    if notify and trade.notify_url:
        deps.notifications.post(trade, trade.notify_url)


def win(deps: Deps, trade: Trade, *, notify: bool) -> None:
    """The payer's bank gives back what it took."""
    trade.details["dispute"] = {**trade.details["dispute"], "won_at": now()}
    deps.truth.save_trade(trade)
    if notify and trade.notify_url:
        deps.notifications.post(trade, trade.notify_url)


def _notify_url(deps: Deps, trade: Trade) -> str:
    return trade.notify_url if deps.parties[trade.channel].tells_refunds else ""
