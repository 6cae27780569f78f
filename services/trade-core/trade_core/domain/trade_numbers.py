"""The channel's own number (渠道流水号): at one account it settles one payment."""

from collections.abc import Mapping

from trade_core.domain.payment import Payment
from trade_core.domain.refused_results import TradeAlreadySettles

TradeNumber = tuple[str, str]
"""A channel account, and the number of a trade there."""


class TradeNumbers:
    """Which payment has which number; what is not known is free until the database says no."""

    def __init__(self, known: Mapping[TradeNumber, str]) -> None:
        self._holders = dict(known)

    def take(self, payment: Payment, channel_trade_no: str | None) -> None:
        """From now on it is this payment's. Raises TradeAlreadySettles where it is another's."""
        if channel_trade_no is None:
            return
        number = (payment.account, channel_trade_no)
        holder = self._holders.setdefault(number, payment.payment_no)
        if holder != payment.payment_no:
            raise TradeAlreadySettles(channel_trade_no, holder, payment.payment_no)
