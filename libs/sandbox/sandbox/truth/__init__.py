"""What really happened at the third parties: trades, refunds and the notices about them."""

from sandbox.truth.records import NoticeEntry, Refund, Trade
from sandbox.truth.store import Truth

__all__ = ["NoticeEntry", "Refund", "Trade", "Truth"]
