"""Until when a payment can be paid at its channel: what the gateway tells the channel, and what
trade-core watches, must be the same (`payable-until-it-is-not`)."""

from datetime import datetime, timedelta
from typing import Final

SHORTEST_LIFE: Final = timedelta(seconds=90)
"""WeChat Pay and Alipay refuse an expiry less than a minute ahead; half a minute for the way."""


def payable_until(initiated_at: datetime, expires_at: datetime) -> datetime:
    """When the channel stops taking a payment that ends, as the app wishes, at `expires_at`."""
    return max(expires_at, initiated_at + SHORTEST_LIFE)
