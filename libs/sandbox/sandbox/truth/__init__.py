"""What really happened at the third parties: trades, refunds, splits, what was notified."""

from sandbox.truth.records import Notification, Refund, Split, Trade
from sandbox.truth.store import Truth

__all__ = ["Notification", "Refund", "Split", "Trade", "Truth"]
