"""What really happened at the third parties: trades, refunds, splits, and the notices of them."""

from sandbox.truth.records import NoticeEntry, Refund, Split, Trade
from sandbox.truth.store import Truth

__all__ = ["NoticeEntry", "Refund", "Split", "Trade", "Truth"]
